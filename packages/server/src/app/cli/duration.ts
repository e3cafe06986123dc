const millisOf = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000, y: 31_536_000_000 } as const;

/**
 * A duration such as `90d`, `12h`, `1y` (365 days) in milliseconds; undefined where the text is none.
 * At most 100 years.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})([smhdwy])$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = Object.entries(millisOf).find(([name]) => name === match[2])?.[1];
  const millis = unit === undefined ? Number.NaN : Number(match[1]) * unit;
  return millis > 0 && millis <= 100 * millisOf.y ? millis : undefined;
}

/** Milliseconds since 1970 as a person reads it: `2026-03-01 12:00 UTC`. */
export function shownTime(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
