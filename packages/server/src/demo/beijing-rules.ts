import type { RuleDraft, Severity } from '@belfry/contract';
import { observedProperties, type ObservedProperty } from './vocabulary.ts';

/**
 * Rules for the pollution warnings of those years. Thresholds are the breakpoints of HJ 633-2012 (µg/m³; CO 10 mg/m³ as
 * 10,000 µg/m³), held against hourly values: its real-time report sets hourly PM2.5 and PM10 against the daily columns.
 */
export const beijingRules: readonly RuleDraft[] = [
  rule(observedProperties.pm25, 'Heavy', 'Severe', 150, 115, 3, 'PM2.5 24 h, IAQI 200'),
  rule(observedProperties.pm25, 'Hazardous', 'Extreme', 250, 150, 6, 'PM2.5 24 h, IAQI 300'),
  rule(observedProperties.pm10, 'Heavy', 'Severe', 350, 250, 3, 'PM10 24 h, IAQI 200'),
  rule(observedProperties.pm10, 'Hazardous', 'Extreme', 420, 350, 6, 'PM10 24 h, IAQI 300'),
  rule(observedProperties.o3, 'Raised', 'Moderate', 200, 160, 0, 'O3 1 h, IAQI 100'),
  rule(observedProperties.o3, 'Heavy', 'Severe', 400, 300, 0, 'O3 1 h, IAQI 200'),
  rule(observedProperties.so2, 'Raised', 'Moderate', 500, 150, 0, 'SO2 1 h, IAQI 100'),
  rule(observedProperties.no2, 'Raised', 'Moderate', 200, 100, 1, 'NO2 1 h, IAQI 100'),
  rule(observedProperties.co, 'Raised', 'Moderate', 10_000, 5_000, 1, 'CO 1 h, IAQI 100'),
];

function rule(
  property: ObservedProperty,
  grade: string,
  severity: Severity,
  raise: number,
  clear: number,
  hours: number,
  breakpoint: string,
): RuleDraft {
  const duration = hours === 0 ? '' : ` for ${hours} h`;
  return {
    name: `Beijing replay: ${property.name} at or above ${raise} µg/m³${duration}`,
    description: `${grade} air pollution: ${property.name} at or above ${raise} µg/m³${duration}. Source: HJ 633-2012, ${breakpoint}.`,
    instruction: 'Stay indoors where possible and avoid exertion outside.',
    event: 'Air pollution',
    category: 'Env',
    severity,
    binding: { observedPropertyDefinition: property.definition },
    direction: 'above',
    raise,
    clear,
    forSeconds: hours * 3600,
  };
}
