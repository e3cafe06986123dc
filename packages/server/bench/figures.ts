/** Figures of the bench: what is printed as a table and as JSON. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly note: string;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function table(figures: readonly Figure[]): string {
  const names = Math.max(...figures.map((figure) => figure.name.length));
  const rows = figures.map((figure) => {
    const value = shown(figure.value);
    return `${figure.name.padEnd(names)}  ${value.padStart(12)} ${figure.unit.padEnd(8)} ${figure.note}`;
  });
  return `${rows.join('\n')}\n`;
}

function shown(value: number): string {
  if (Number.isNaN(value)) return '-';
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(Math.abs(value) >= 100 ? 0 : 2);
}
