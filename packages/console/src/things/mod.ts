export { OverviewPage } from './overview-page.tsx';
export { ThingPage } from './thing-page.tsx';
