export {
  observationOrders,
  type Bucket,
  type Extent,
  type Newest,
  type ObservationOrder,
  type ObservationQuery,
  type ObservationStore,
} from './observation-store.ts';
export { openChdbStore, type ChdbStoreOptions } from './chdb/chdb-store.ts';
