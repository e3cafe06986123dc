/** CAP 1.2, 3.2.4: an area as circles or polygons, made from GeoJSON (RFC 7946), whose pairs are longitude first. */
export interface CapArea {
  /** `lat,lon lat,lon …`, closed. */
  readonly polygons: readonly string[];
  /** `lat,lon radius`, radius in kilometres. */
  readonly circles: readonly string[];
}

type Position = readonly [longitude: number, latitude: number];

const ringPairsMax = 1_000;
const polygonsMax = 100;
const pairsMax = 10_000;
const earthRadiusKilometers = 6_371;

/**
 * A Point becomes a circle of `radiusKilometers`, lines and sets of points the circle that covers them, a Polygon its outer ring.
 * Empty for what is no geometry in WGS 84: an area without geometry is valid (its areaDesc remains).
 */
export function capArea(geometry: unknown, radiusKilometers: number): CapArea {
  const inner = member(geometry, 'geometry') ?? geometry;
  const coordinates = member(inner, 'coordinates');
  switch (member(inner, 'type')) {
    case 'Polygon':
      return polygonArea([coordinates]);
    case 'MultiPolygon':
      return polygonArea(Array.isArray(coordinates) ? coordinates : []);
    case 'Point':
    case 'MultiPoint':
    case 'LineString':
    case 'MultiLineString':
      return circleArea(positionsOf(coordinates), radiusKilometers);
    default:
      return { polygons: [], circles: [] };
  }
}

function polygonArea(polygons: readonly unknown[]): CapArea {
  const texts = polygons.slice(0, polygonsMax).flatMap((rings) => {
    const outer: unknown = Array.isArray(rings) ? rings[0] : undefined;
    const ring = positionsOf(outer);
    const closed = ring.length > ringPairsMax ? boundingRing(ring) : closeRing(ring);
    return closed.length < 4 ? [] : [closed.map(pairText).join(' ')];
  });
  return { polygons: texts, circles: [] };
}

function circleArea(positions: readonly Position[], radiusKilometers: number): CapArea {
  const ring = boundingRing(positions);
  const [southWest, , northEast] = ring;
  if (southWest === undefined || northEast === undefined) return { polygons: [], circles: [] };
  const centre: Position = [(southWest[0] + northEast[0]) / 2, (southWest[1] + northEast[1]) / 2];
  const reach = positions.reduce((most, position) => Math.max(most, distanceKilometers(centre, position)), 0);
  return { polygons: [], circles: [`${pairText(centre)} ${decimal(reach + radiusKilometers, 3)}`] };
}

/** All pairs within nested arrays of coordinates; empty where one is out of range or there are too many. */
function positionsOf(coordinates: unknown): readonly Position[] {
  const found: Position[] = [];
  return collectPositions(coordinates, 0, found) && found.length <= pairsMax ? found : [];
}

function collectPositions(coordinates: unknown, depth: number, found: Position[]): boolean {
  if (!Array.isArray(coordinates) || depth > 3) return false;
  const [longitude, latitude]: readonly unknown[] = coordinates;
  if (typeof longitude === 'number' && typeof latitude === 'number') {
    found.push([longitude, latitude]);
    return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90;
  }
  return coordinates.every((inner) => found.length <= pairsMax && collectPositions(inner, depth + 1, found));
}

function closeRing(ring: readonly Position[]): readonly Position[] {
  const first = ring[0];
  const last = ring.at(-1);
  if (first === undefined || last === undefined) return [];
  return first[0] === last[0] && first[1] === last[1] ? ring : [...ring, first];
}

function boundingRing(positions: readonly Position[]): readonly Position[] {
  if (positions.length === 0) return [];
  const longitudes = positions.map(([longitude]) => longitude);
  const latitudes = positions.map(([, latitude]) => latitude);
  const [west, east] = [least(longitudes), -least(longitudes.map((longitude) => -longitude))];
  const [south, north] = [least(latitudes), -least(latitudes.map((latitude) => -latitude))];
  return [
    [west, south],
    [east, south],
    [east, north],
    [west, north],
    [west, south],
  ];
}

function least(values: readonly number[]): number {
  return values.reduce((one, other) => Math.min(one, other), Number.POSITIVE_INFINITY);
}

function distanceKilometers([fromLongitude, fromLatitude]: Position, [toLongitude, toLatitude]: Position): number {
  const radians = Math.PI / 180;
  const latitude = Math.sin(((toLatitude - fromLatitude) * radians) / 2) ** 2;
  const longitude = Math.sin(((toLongitude - fromLongitude) * radians) / 2) ** 2;
  const chord = latitude + Math.cos(fromLatitude * radians) * Math.cos(toLatitude * radians) * longitude;
  return 2 * earthRadiusKilometers * Math.asin(Math.sqrt(Math.min(1, chord)));
}

/** At most six decimals and never an exponent: `latitude,longitude`. */
function pairText([longitude, latitude]: Position): string {
  return `${decimal(latitude, 6)},${decimal(longitude, 6)}`;
}

function decimal(value: number, places: number): string {
  const text = value.toFixed(places).replace(/\.?0+$/, '');
  return text === '-0' ? '0' : text;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
