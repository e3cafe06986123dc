/** The entities of SensorThings Sensing (18-088, clause 8.2) in the singular; MultiDatastream and Tasking join the table later. */
export const entityNames = [
  'Thing',
  'Location',
  'HistoricalLocation',
  'Datastream',
  'Sensor',
  'ObservedProperty',
  'Observation',
  'FeatureOfInterest',
] as const;
export type EntityName = (typeof entityNames)[number];

/** An entity as plain JSON: `@iot.id` and its own properties. */
export type EntityJson = { readonly '@iot.id': number } & Readonly<Record<string, unknown>>;
