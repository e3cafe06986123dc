export { openAlerts, type Alerts, type AlertsLogger, type AlertsOptions } from './alerts.ts';
export { type AlertFilter } from './alert-store.ts';
export { type CapRow } from './alert-rows.ts';
export { type CapOptions, type Place } from './cap-publisher.ts';
export { capNamespace, capTime } from './cap-message.ts';
export { element, escapeXml, textElement } from './xml.ts';
