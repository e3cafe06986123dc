/**
 * The entity model of SensorThings Sensing (18-088, 8.2) as data. SQL, JSON, links, addresses and topics follow from this one
 * table, so that an extension (MultiDatastream, Tasking) or another version of the standard is a change here.
 */
import { entityNames, type EntityName } from './entity.ts';

/**
 * What a property holds.
 * - `text`: a string, `json`: anything but null, `object`: a JSON object
 * - `unit`: `{name, symbol, definition}`, each a string or null (18-088, table 11)
 * - `instant`: ISO 8601, kept as milliseconds since 1970; `period`: an instant or interval in ISO 8601
 */
export type PropertyKind = 'text' | 'json' | 'object' | 'unit' | 'instant' | 'period';

export interface PropertyModel {
  readonly name: string;
  readonly kind: PropertyKind;
  /** Must be there and not null when the entity is created. */
  readonly mandatory: boolean;
  /** Filled by the server from Observations; taken in a body and ignored. */
  readonly derived: boolean;
}

export interface RelationModel {
  /** Navigation name, for example `Datastreams` or `Thing`. */
  readonly name: string;
  readonly target: EntityName;
  readonly many: boolean;
  /** The entity cannot be without it. */
  readonly mandatory: boolean;
  /** Name of the same relation seen from the target. */
  readonly inverse: string;
}

export interface EntityModel {
  readonly name: EntityName;
  /** Name of the entity set, for example `Things`. */
  readonly set: string;
  /** Where entities of this kind are kept: in the registry, or in the log and the store. */
  readonly home: 'registry' | 'observations';
  readonly properties: readonly PropertyModel[];
  readonly relations: readonly RelationModel[];
}

const name = property('name', 'text');
const description = property('description', 'text');
const encodingType = property('encodingType', 'text');
const properties = optional('properties', 'object');

/** Every entity, in the order of the standard's clause 8.2. */
export const entityModel: Readonly<Record<EntityName, EntityModel>> = {
  Thing: {
    name: 'Thing',
    set: 'Things',
    home: 'registry',
    properties: [name, description, properties],
    relations: [
      many('Locations', 'Location', 'Things'),
      many('HistoricalLocations', 'HistoricalLocation', 'Thing'),
      many('Datastreams', 'Datastream', 'Thing'),
    ],
  },
  Location: {
    name: 'Location',
    set: 'Locations',
    home: 'registry',
    properties: [name, description, encodingType, property('location', 'json'), properties],
    relations: [many('Things', 'Thing', 'Locations'), many('HistoricalLocations', 'HistoricalLocation', 'Locations')],
  },
  HistoricalLocation: {
    name: 'HistoricalLocation',
    set: 'HistoricalLocations',
    home: 'registry',
    properties: [property('time', 'instant')],
    relations: [
      one('Thing', 'Thing', 'HistoricalLocations'),
      { ...many('Locations', 'Location', 'HistoricalLocations'), mandatory: true },
    ],
  },
  Datastream: {
    name: 'Datastream',
    set: 'Datastreams',
    home: 'registry',
    properties: [
      name,
      description,
      property('unitOfMeasurement', 'unit'),
      property('observationType', 'text'),
      derived('observedArea', 'object'),
      derived('phenomenonTime', 'period'),
      derived('resultTime', 'period'),
      properties,
    ],
    relations: [
      one('Thing', 'Thing', 'Datastreams'),
      one('Sensor', 'Sensor', 'Datastreams'),
      one('ObservedProperty', 'ObservedProperty', 'Datastreams'),
      many('Observations', 'Observation', 'Datastream'),
    ],
  },
  Sensor: {
    name: 'Sensor',
    set: 'Sensors',
    home: 'registry',
    properties: [name, description, encodingType, property('metadata', 'json'), properties],
    relations: [many('Datastreams', 'Datastream', 'Sensor')],
  },
  ObservedProperty: {
    name: 'ObservedProperty',
    set: 'ObservedProperties',
    home: 'registry',
    properties: [name, property('definition', 'text'), description, properties],
    relations: [many('Datastreams', 'Datastream', 'ObservedProperty')],
  },
  Observation: {
    name: 'Observation',
    set: 'Observations',
    home: 'observations',
    properties: [
      property('phenomenonTime', 'period'),
      property('result', 'json'),
      optional('resultTime', 'instant'),
      optional('resultQuality', 'json'),
      optional('validTime', 'period'),
      optional('parameters', 'object'),
    ],
    relations: [
      one('Datastream', 'Datastream', 'Observations'),
      one('FeatureOfInterest', 'FeatureOfInterest', 'Observations'),
    ],
  },
  FeatureOfInterest: {
    name: 'FeatureOfInterest',
    set: 'FeaturesOfInterest',
    home: 'registry',
    properties: [name, description, encodingType, property('feature', 'json'), properties],
    relations: [many('Observations', 'Observation', 'FeatureOfInterest')],
  },
};

const entityBySet: ReadonlyMap<string, EntityModel> = new Map(
  entityNames.map((entity) => [entityModel[entity].set, entityModel[entity]]),
);

/** The entity that a set name such as `Things` stands for. */
export function entityOfSet(set: string): EntityModel | undefined {
  return entityBySet.get(set);
}

/** The relation of an entity by its navigation name. */
export function relationOf(entity: EntityName, relation: string): RelationModel | undefined {
  return entityModel[entity].relations.find((candidate) => candidate.name === relation);
}

/** The own property of an entity by its name. */
export function propertyOf(entity: EntityName, name: string): PropertyModel | undefined {
  return entityModel[entity].properties.find((candidate) => candidate.name === name);
}

function property(name: string, kind: PropertyKind): PropertyModel {
  return { name, kind, mandatory: true, derived: false };
}

function optional(name: string, kind: PropertyKind): PropertyModel {
  return { name, kind, mandatory: false, derived: false };
}

function derived(name: string, kind: PropertyKind): PropertyModel {
  return { name, kind, mandatory: false, derived: true };
}

function one(name: string, target: EntityName, inverse: string): RelationModel {
  return { name, target, many: false, mandatory: true, inverse };
}

function many(name: string, target: EntityName, inverse: string): RelationModel {
  return { name, target, many: true, mandatory: false, inverse };
}
