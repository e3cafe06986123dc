// Numbers and units for people: a number is never without its unit, and digits stand below digits.

const noBreak = '\u00A0';
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 1 });
const twoDigits = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 });
const significant = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3 });

/** As many digits as a reading of this size can mean: `1,013.2`, `21.54`, `0.0123`. */
export function numberWords(value: number): string {
  const size = Math.abs(value);
  // A tiny remainder of arithmetic must not read as "-0".
  if (size < 1e-9) return '0';
  if (size >= 100_000) return whole.format(value);
  if (size >= 100) return oneDigit.format(value);
  if (size >= 1) return twoDigits.format(value);
  return significant.format(value);
}

export function countWords(value: number): string {
  return whole.format(value);
}

/** `1 alert`, `3 alerts`. */
export function plural(count: number, one: string, many: string = `${one}s`): string {
  return `${countWords(count)}${noBreak}${count === 1 ? one : many}`;
}

const unitNames: Readonly<Record<string, string>> = {
  Cel: '°C',
  degC: '°C',
  deg: '°',
  '1': '',
  '{#}': '',
};

/** How a unit's symbol is written for people: `ug/m3` is `µg/m³`, `Cel` is `°C`. Unknown ones stay as they are. */
export function unitWords(symbol: string): string {
  const named = unitNames[symbol];
  if (named !== undefined) return named;
  return symbol
    .replace(/^u(?=[gmlLsVA])/u, 'µ')
    .replace(/\bug\b/gu, 'µg')
    .replace(/(?<=[a-zA-Z])-?[23](?![0-9a-zA-Z])/gu, (power) =>
      power.replace('-', '⁻').replace('2', '²').replace('3', '³'),
    );
}

/** Number and unit, kept on one line: `48.3 µg/m³`, `21 °C`, `80 %`. */
export function valueWords(value: number, unitSymbol: string): string {
  const unit = unitWords(unitSymbol);
  // SI Brochure 9, 5.4.3: a space stands between number and unit, but not before the degree sign of an angle.
  return unit === '' ? numberWords(value) : `${numberWords(value)}${unit === '°' ? '' : noBreak}${unit}`;
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** Bytes in decimal multiples: `1.5 GB`. */
export function byteWords(bytes: number): string {
  const place = bytes < 1000 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(bytes) / 3));
  const unit = byteUnits[place] ?? 'B';
  return `${oneDigit.format(bytes / 1000 ** place)}${noBreak}${unit}`;
}
