export { IngestPage } from './ingest-page.tsx';
export { RefusalList } from './refusal-list.tsx';
