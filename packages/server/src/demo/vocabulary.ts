/** Units and ObservedProperties of the demo, each with the code or address that others know it by. */

export interface Unit {
  readonly name: string;
  /** UCUM code. */
  readonly symbol: string;
  readonly definition: string;
}

function unit(name: string, symbol: string): Unit {
  return { name, symbol, definition: `http://www.opengis.net/def/uom/UCUM/${encodeURIComponent(symbol)}` };
}

export const units = {
  microgramPerCubicMetre: unit('microgram per cubic metre', 'ug/m3'),
  degreeCelsius: unit('degree Celsius', 'Cel'),
  hectopascal: unit('hectopascal', 'hPa'),
  millimetre: unit('millimetre', 'mm'),
  millimetrePerHour: unit('millimetre per hour', 'mm/h'),
  metrePerSecond: unit('metre per second', 'm/s'),
  metre: unit('metre', 'm'),
  cubicMetrePerSecond: unit('cubic metre per second', 'm3/s'),
  percent: unit('percent', '%'),
} as const;

export interface ObservedProperty {
  readonly name: string;
  readonly definition: string;
  readonly description: string;
}

/** Pollutants by the code list of the European Environment Agency. */
function pollutant(code: number, name: string, description: string): ObservedProperty {
  return { name, definition: `http://dd.eionet.europa.eu/vocabulary/aq/pollutant/${code}`, description };
}

/** Weather and water by the standard names of the CF conventions. */
function standardName(standard: string, name: string, description: string): ObservedProperty {
  return { name, definition: `http://vocab.nerc.ac.uk/standard_name/${standard}/`, description };
}

export const observedProperties = {
  pm25: pollutant(6001, 'PM2.5', 'Mass of particles below 2.5 µm in a volume of air'),
  pm10: pollutant(5, 'PM10', 'Mass of particles below 10 µm in a volume of air'),
  so2: pollutant(1, 'Sulphur dioxide', 'Mass of sulphur dioxide in a volume of air'),
  no2: pollutant(8, 'Nitrogen dioxide', 'Mass of nitrogen dioxide in a volume of air'),
  co: pollutant(10, 'Carbon monoxide', 'Mass of carbon monoxide in a volume of air'),
  o3: pollutant(7, 'Ozone', 'Mass of ozone in a volume of air'),
  airTemperature: standardName('air_temperature', 'Air temperature', 'Temperature of the air'),
  airPressure: standardName('air_pressure', 'Air pressure', 'Pressure of the air at the station'),
  dewPoint: standardName('dew_point_temperature', 'Dew point', 'Temperature at which the air would be saturated'),
  rainfall: standardName('thickness_of_rainfall_amount', 'Rainfall', 'Height of the rain that fell in a time'),
  rainIntensity: standardName('rainfall_rate', 'Rain intensity', 'Height of the rain that falls in an hour'),
  windSpeed: standardName('wind_speed', 'Wind speed', 'Speed of the air over the ground'),
  humidity: standardName('relative_humidity', 'Relative humidity', 'Water in the air as a part of what it can hold'),
  waterLevel: standardName(
    'water_surface_height_above_reference_datum',
    'Water level',
    'Height of the water above the zero of the gauge',
  ),
  discharge: standardName(
    'water_volume_transport_in_river_channel',
    'Discharge',
    'Volume of water that passes the gauge in a second',
  ),
  waterTemperature: {
    name: 'Water temperature',
    definition: 'urn:belfry:demo:property:water-temperature',
    description: 'Temperature of the water of the river',
  },
  doorOpen: {
    name: 'Door open',
    definition: 'urn:belfry:demo:property:door-open',
    description: 'Whether the door of the room stands open',
  },
} as const satisfies Record<string, ObservedProperty>;

export const observationTypes = {
  measurement: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
  truth: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_TruthObservation',
} as const;
