export { AlertPage } from './alert-page.tsx';
export { AlertTable } from './alert-table.tsx';
export { AlertsPage } from './alerts-page.tsx';
export type { AlertFilter } from './filter.ts';
export { useAlertList } from './use-alert-list.ts';
