// Times in words. A reader at night needs three things of a time: how long ago, the exact moment in their own zone, and
// UTC to compare with others. All instants are milliseconds since 1970.

export interface TimeWords {
  /** The moment as short as it stays clear beside `now`: `03:51:36`, `24 Nov 03:51`, `24 Nov 2016 03:00`. */
  moment(millis: number, now: number): string;
  /** `24 Nov 2026, 03:51:36 CET` */
  full(millis: number): string;
  /** `03:51:36` */
  clock(millis: number): string;
  /** `24 Nov` */
  day(millis: number): string;
}

/** Formats in an IANA time zone; without one, in the viewer's. */
export function timeWords(zone?: string): TimeWords {
  const inZone = zone === undefined ? {} : { timeZone: zone };
  const format = (options: Intl.DateTimeFormatOptions): ((millis: number) => string) => {
    const formatter = new Intl.DateTimeFormat('en-GB', { ...inZone, hourCycle: 'h23', ...options });
    return (millis) => formatter.format(millis);
  };
  const hourMinute = format({ hour: '2-digit', minute: '2-digit' });
  const clock = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const day = format({ day: 'numeric', month: 'short' });
  const year = format({ year: 'numeric' });
  const date = format({ day: 'numeric', month: 'short', year: 'numeric' });
  const full = format({
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  });
  return {
    clock,
    day,
    full,
    moment(millis, now) {
      if (date(millis) === date(now)) return clock(millis);
      if (year(millis) === year(now)) return `${day(millis)} ${hourMinute(millis)}`;
      return `${date(millis)} ${hourMinute(millis)}`;
    },
  };
}

/** In the zone of the viewer. */
export const viewerTime: TimeWords = timeWords();

/** `2026-11-24 03:51:36 UTC` */
export function utcWords(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

const steps = [
  { millis: 31_557_600_000, unit: 'y' },
  { millis: 2_629_800_000, unit: 'mo' },
  { millis: 86_400_000, unit: 'd' },
  { millis: 3_600_000, unit: 'h' },
  { millis: 60_000, unit: 'min' },
  { millis: 1_000, unit: 's' },
] as const;

/** `2 min ago`, `now` within five seconds, `in 3 h` for what lies ahead. */
export function agoWords(millis: number, now: number): string {
  const distance = Math.abs(now - millis);
  if (distance < 5_000) return 'now';
  const words = durationWords(distance);
  return millis <= now ? `${words} ago` : `in ${words}`;
}

/** A length of time in its largest whole unit: `2 min`, `9 y`. Milliseconds. */
export function durationWords(millis: number): string {
  for (const step of steps) {
    if (millis >= step.millis) return `${Math.floor(millis / step.millis)} ${step.unit}`;
  }
  return '0 s';
}

/** A length of time in its two largest units: `2 d 4 h`, `1 min 30 s`. Milliseconds. */
export function exactDurationWords(millis: number): string {
  for (const [place, step] of steps.entries()) {
    if (millis < step.millis) continue;
    const whole = Math.floor(millis / step.millis);
    const rest = durationWords(millis - whole * step.millis);
    const next = steps[place + 1];
    return next !== undefined && rest !== '0 s' && rest.endsWith(` ${next.unit}`)
      ? `${whole} ${step.unit} ${rest}`
      : `${whole} ${step.unit}`;
  }
  return '0 s';
}
