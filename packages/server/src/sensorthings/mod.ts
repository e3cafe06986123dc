export { observationJson, type LinkedEntity } from './entity-json.ts';
export { type Corrections, type SensorThingsOptions } from './options.ts';
export { sensorThingsRoutes } from './routes.ts';
export { parseResourcePath } from './path.ts';
