export { type Admission, type Outcome, type Source } from './admission.ts';
export { Gate, type GateOptions } from './gate.ts';
export { type IngestCounts } from './ingest-record.ts';
