import { hashText, smoothNoise } from './noise.ts';

/** The weather over the simulated town, as a pure function of seed, time and how far east a place lies. */
export interface Weather {
  /** Cel */
  readonly temperature: number;
  /** Percent */
  readonly humidity: number;
  /** m/s */
  readonly wind: number;
  /** mm/h */
  readonly rain: number;
  /** hPa */
  readonly pressure: number;
  /** 0 at night to 1 under a clear sky at noon. */
  readonly sun: number;
}

const hourMillis = 3_600_000;
const dayMillis = 24 * hourMillis;
/** Fronts come from the west at 12 m/s. */
const frontMetresPerSecond = 12;

/** @param eastMetres how far east of the market place */
export function weatherAt(seed: number, millis: number, eastMetres: number): Weather {
  const at = millis - (eastMetres / frontMetresPerSecond) * 1000;
  const pressure = pressureAt(seed, at);
  const falling = pressureAt(seed, at - 2 * hourMillis) - pressure;
  // It rains while the pressure falls, in showers.
  const shower = Math.max(0, 0.5 + smoothNoise(seed ^ hashText('shower'), at, 20 * 60_000));
  const rain = Math.max(0, falling - 1.2) * 1.6 * shower;
  const cloud = Math.min(
    1,
    Math.max(0, falling * 0.4 + 0.25 + 0.3 * smoothNoise(seed ^ hashText('cloud'), at, hourMillis)),
  );
  const dayPart = dayPartOf(millis);
  const height = Math.max(0, Math.sin((dayPart - 0.25) * 2 * Math.PI));
  const sun = height * (1 - 0.75 * cloud);
  // Warmest at three in the afternoon and in July.
  const season = 10 - 13 * Math.cos(((millis / dayMillis - 17) / 365.25) * 2 * Math.PI);
  const daily = (4.5 - 2.5 * cloud) * Math.sin((dayPart - 0.375) * 2 * Math.PI);
  const temperature = season + daily - rain * 0.4 + 2 * smoothNoise(seed ^ hashText('mass'), at, dayMillis);
  const humidity = clamp(66 - daily * 4.5 + cloud * 14 + rain * 5, 18, 100);
  const gust = smoothNoise(seed ^ hashText('gust'), at, 30_000);
  const wind = Math.max(0.1, 2.6 + 1.4 * height + Math.abs(falling) * 1.5 + gust * (0.6 + Math.abs(falling) * 0.5));
  return { temperature, humidity, wind, rain, pressure, sun };
}

/** 0 to 1 through the day of the town, whose clocks stand at UTC+5. */
export function dayPartOf(millis: number): number {
  const part = (millis + 5 * hourMillis) / dayMillis;
  return part - Math.floor(part);
}

function pressureAt(seed: number, at: number): number {
  const slow = smoothNoise(seed ^ hashText('high and low'), at, 3 * dayMillis);
  const fronts = smoothNoise(seed ^ hashText('front'), at, 10 * hourMillis);
  return 981 + 9 * slow + 5 * fronts;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
