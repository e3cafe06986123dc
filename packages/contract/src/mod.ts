export { errorCodes, errorCodeNames, isErrorCode, type ErrorCode, type ErrorParty } from './error-codes.ts';
export { Problem } from './problem.ts';
export {
  Alert,
  AlertList,
  AlertState,
  AlertWithTransitions,
  Category,
  Rule,
  RuleBinding,
  RuleDraft,
  RuleList,
  Severity,
  Transition,
} from './alerts.ts';
export { DatastreamSummary, Overview, Series, ThingSummary } from './overview.ts';
export { ConsumerPosition, IngestReport, RefusalRecord } from './ingest.ts';
export { LiveAlert, LiveHello, LiveObservation, LiveObservations } from './live.ts';
