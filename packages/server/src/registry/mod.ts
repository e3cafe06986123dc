export {
  type EntityRef,
  type Inserted,
  type ListOptions,
  type Page,
  type PathStep,
  type PlacedObservation,
  type RegistrationJudge,
  type Registry,
  type UpdateMode,
} from './registry.ts';
export { openSqliteRegistry, type SqliteRegistryOptions } from './sqlite/sqlite-registry.ts';
