// The net of meridians and parallels that is the ground of the map: it gives place and scale without asking anyone for tiles.

export interface Bounds {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

export interface Graticule {
  /** Degrees between two lines. */
  readonly step: number;
  readonly meridians: readonly number[];
  readonly parallels: readonly number[];
}

/** GeoJSON (RFC 7946, section 3): the lines of the graticule. */
export interface GraticuleLines {
  readonly type: 'FeatureCollection';
  readonly features: GraticuleLine[];
}

interface GraticuleLine {
  readonly type: 'Feature';
  readonly properties: Record<string, never>;
  readonly geometry: { readonly type: 'LineString'; readonly coordinates: [number, number][] };
}

const stepsDegrees = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001] as const;

/** Lines within the bounds at the coarsest round step that gives at least four across. */
export function graticule({ west, south, east, north }: Bounds): Graticule {
  const step = stepsDegrees.find((candidate) => (east - west) / candidate >= 4) ?? 0.001;
  return { step, meridians: multiples(west, east, step), parallels: multiples(south, north, step) };
}

/** The lines, drawn a little beyond the bounds so that a pan does not run out of them. */
export function graticuleLines(bounds: Bounds): GraticuleLines {
  const { step } = graticule(bounds);
  const wide = {
    west: bounds.west - (bounds.east - bounds.west),
    east: bounds.east + (bounds.east - bounds.west),
    south: Math.max(-85, bounds.south - (bounds.north - bounds.south)),
    north: Math.min(85, bounds.north + (bounds.north - bounds.south)),
  };
  const line = (coordinates: [number, number][]): GraticuleLine => ({
    type: 'Feature',
    properties: {},
    geometry: { type: 'LineString', coordinates },
  });
  const meridians = multiples(wide.west, wide.east, step).map((at) =>
    line([
      [at, wide.south],
      [at, wide.north],
    ]),
  );
  const parallels = multiples(wide.south, wide.north, step).map((at) =>
    line([
      [wide.west, at],
      [wide.east, at],
    ]),
  );
  return { type: 'FeatureCollection', features: [...meridians, ...parallels] };
}

/** `116.4° E`, with as many digits as the step has. */
export function degreeWords(degrees: number, step: number, axis: 'longitude' | 'latitude'): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  const wrapped = axis === 'longitude' ? ((((degrees + 180) % 360) + 360) % 360) - 180 : degrees;
  const size = Math.abs(wrapped).toFixed(digits);
  const [positive, negative] = axis === 'longitude' ? ['E', 'W'] : ['N', 'S'];
  return Number(size) === 0 ? '0°' : `${size}° ${wrapped > 0 ? positive : negative}`;
}

/** The bounds of the positions (longitude, latitude); null if there are none. */
export function boundsOf(positions: readonly (readonly [number, number])[]): Bounds | null {
  if (positions.length === 0) return null;
  const longitudes = positions.map(([longitude]) => longitude);
  const latitudes = positions.map(([, latitude]) => latitude);
  return {
    west: Math.min(...longitudes),
    east: Math.max(...longitudes),
    south: Math.min(...latitudes),
    north: Math.max(...latitudes),
  };
}

function multiples(from: number, to: number, step: number): number[] {
  const out: number[] = [];
  // Two hundred lines either way are more than a screen can show; the bound keeps odd bounds from filling the memory.
  // 202 * 0.2 is a little more than 40.4: a line at the very edge must not fall to that.
  for (let count = Math.ceil(from / step - 1e-9); count * step <= to + step * 1e-9 && out.length < 200; count++) {
    out.push(Number((count * step).toFixed(6)));
  }
  return out;
}
