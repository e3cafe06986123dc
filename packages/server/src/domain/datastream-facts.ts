/** What the result of a Datastream must be, from its observationType (18-088, table 12). `any` for types not listed there. */
export type ResultType = 'number' | 'integer' | 'boolean' | 'string' | 'any';

/** What admission, rules and live need of a Datastream for each reading; held in memory by the registry. */
export interface DatastreamFacts {
  readonly id: number;
  readonly name: string;
  readonly thingId: number;
  readonly thingName: string;
  readonly observedPropertyId: number;
  readonly observedPropertyName: string;
  readonly observedPropertyDefinition: string;
  readonly unitName: string;
  readonly unitSymbol: string;
  readonly resultType: ResultType;
  /** The FeatureOfInterest generated from the Thing's current Location; 0 while none was generated yet. */
  readonly featureOfInterestId: number;
}
