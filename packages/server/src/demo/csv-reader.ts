import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';

/** A row of a CSV file; `line` is the number of the line that it begins in, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Rows of a gzipped CSV file (RFC 4180, UTF-8), a batch at a time. Rejects where the file cannot be read or unpacked. */
export async function* readGzippedCsv(path: string): AsyncGenerator<readonly CsvRow[]> {
  const reader = new CsvReader();
  const source = createReadStream(path);
  const unpacked = createGunzip();
  // pipe() passes no errors on; the reader of the unpacked bytes must hear of a missing file.
  source.on('error', (error) => unpacked.destroy(error));
  source.pipe(unpacked);
  const decoder = new TextDecoder('utf-8');
  for await (const chunk of unpacked) {
    if (!(chunk instanceof Uint8Array)) continue;
    const rows = reader.push(decoder.decode(chunk, { stream: true }));
    if (rows.length > 0) yield rows;
  }
  const rest = [...reader.push(decoder.decode()), ...reader.end()];
  if (rest.length > 0) yield rest;
}

/** Takes the text of a CSV file in pieces, cut anywhere, and gives the rows that are complete. */
export class CsvReader {
  #rest = '';
  #line = 1;

  push(text: string): readonly CsvRow[] {
    const all = this.#rest + text;
    const rows: CsvRow[] = [];
    let start = 0;
    for (let end = endOfRow(all, start); end !== -1; end = endOfRow(all, start)) {
      this.#take(all.slice(start, end), rows);
      start = end + 1;
    }
    this.#rest = all.slice(start);
    return rows;
  }

  /** The last row, where the file does not end with a line break. */
  end(): readonly CsvRow[] {
    const rows: CsvRow[] = [];
    if (this.#rest !== '') this.#take(this.#rest, rows);
    this.#rest = '';
    return rows;
  }

  #take(text: string, rows: CsvRow[]): void {
    const line = this.#line;
    this.#line += 1;
    if (!text.includes('"')) {
      const plain = text.endsWith('\r') ? text.slice(0, -1) : text;
      if (plain !== '') rows.push({ line, cells: plain.split(',') });
      return;
    }
    for (const character of text) if (character === '\n') this.#line += 1;
    rows.push({ line, cells: splitQuoted(text.endsWith('\r') ? text.slice(0, -1) : text) });
  }
}

/** The index of the line break that ends the row, or -1. A line break between quotes ends no row (RFC 4180, 2.6). */
function endOfRow(text: string, start: number): number {
  let end = text.indexOf('\n', start);
  let quote = text.indexOf('"', start);
  while (end !== -1 && quote !== -1 && quote < end) {
    const closing = text.indexOf('"', quote + 1);
    if (closing === -1) return -1;
    if (closing > end) end = text.indexOf('\n', closing);
    quote = text.indexOf('"', closing + 1);
  }
  return end;
}

function splitQuoted(text: string): readonly string[] {
  const cells: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text.charAt(at) !== '"') {
      const comma = text.indexOf(',', at);
      const end = comma === -1 ? text.length : comma;
      cells.push(text.slice(at, end));
      at = end + 1;
      continue;
    }
    let closing = text.indexOf('"', at + 1);
    // Two quotes stand for one (RFC 4180, 2.7).
    while (closing !== -1 && text.charAt(closing + 1) === '"') closing = text.indexOf('"', closing + 2);
    const end = closing === -1 ? text.length : closing;
    const comma = text.indexOf(',', end);
    cells.push(text.slice(at + 1, end).replaceAll('""', '"'));
    at = comma === -1 ? text.length + 1 : comma + 1;
  }
  return cells;
}
