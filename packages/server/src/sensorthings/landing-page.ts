import { entityModel, entityNames } from '../domain/mod.ts';

/**
 * Requirements of 18-088 that are there as a whole. `req/` addresses and not `conf/`: clients and suites match by the beginning
 * of a requirement's address. A requirement joins this list when its tests pass.
 */
const requirements = [
  'datamodel/entity-control-information',
  'datamodel/thing',
  'datamodel/location',
  'datamodel/historical-location',
  'datamodel/datastream',
  'datamodel/sensor',
  'datamodel/observed-property',
  'datamodel/observation',
  'datamodel/feature-of-interest',
  'resource-path/resource-path-to-entities',
  'request-data/status-code',
  'request-data/query-status-code',
  'request-data/top',
  'request-data/skip',
  'request-data/count',
  'request-data/pagination',
  'create-update-delete/create-entity',
  'create-update-delete/link-to-existing-entities',
  'create-update-delete/deep-insert',
  'create-update-delete/deep-insert-status-code',
  'create-update-delete/update-entity',
  'create-update-delete/update-entity-put',
  'create-update-delete/delete-entity',
  'create-update-delete/historical-location-auto-creation',
  'create-update-delete/historical-location-manual-creation',
] as const;

const base = 'http://www.opengis.net/spec/iot_sensing/1.1/req/';
const mqttCreation = `${base}create-observations-via-mqtt/observations-creation`;

/** The service root (18-088, 9.2.1): every entity set with its absolute address, and what the server conforms to. */
export function landingPage(root: string, mqttEndpoints: readonly string[]): Readonly<Record<string, unknown>> {
  const conformance = requirements.map((requirement) => `${base}${requirement}`);
  const mqtt = mqttEndpoints.length > 0;
  return {
    value: entityNames.map((name) => ({ name: entityModel[name].set, url: `${root}/${entityModel[name].set}` })),
    serverSettings: {
      conformance: mqtt ? [...conformance, mqttCreation] : conformance,
      ...(mqtt ? { [mqttCreation]: { endpoints: mqttEndpoints } } : {}),
    },
  };
}
