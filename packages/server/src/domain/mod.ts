export {
  earliestMillis,
  formatInstant,
  formatTimeInterval,
  latestMillis,
  parseInstant,
  parseTimeInterval,
  type Millis,
  type TimeInterval,
} from './time.ts';
export { resultKinds, resultOf, type Observation, type ResultKind } from './observation.ts';
export { type DatastreamFacts, type ResultType } from './datastream-facts.ts';
export { recordKinds, type RecordKind, type Removal } from './record-kinds.ts';
export { RowCursor, rowBytesBound, rowBytesMin, rowColumns, writeRow } from './row.ts';
export { entityNames, type EntityJson, type EntityName } from './entity.ts';
export { type RuleChange, type TransitionRecord } from './alert-records.ts';
export {
  entityModel,
  entityOfSet,
  propertyOf,
  relationOf,
  type EntityModel,
  type PropertyKind,
  type PropertyModel,
  type RelationModel,
} from './entity-model.ts';
export { faultsOfPeopleLimits, judgeRegistration, type ExtraPeopleLimit } from './people-limits.ts';
