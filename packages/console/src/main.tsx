import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './shell/theme.css';
import './shell/shell.css';
import './severity/severity.css';
import './map/map.css';
import './things/things.css';
import './alerts/alerts.css';
import './ingest/ingest.css';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
