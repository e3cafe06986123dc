import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvReader } from './csv-reader.ts';

const text = 'a,b,c\r\n1,"two, and ""half""",3\n\n"x\ny",,"z"\nlast,row,';
const rows = [
  { line: 1, cells: ['a', 'b', 'c'] },
  { line: 2, cells: ['1', 'two, and "half"', '3'] },
  { line: 4, cells: ['x\ny', '', 'z'] },
  { line: 6, cells: ['last', 'row', ''] },
];

test('quotes, empty cells and line breaks within quotes are read, with the line that a row begins in', () => {
  const reader = new CsvReader();
  assert.deepEqual([...reader.push(text), ...reader.end()], rows);
});

test('it does not matter where the text is cut', () => {
  for (let cut = 0; cut <= text.length; cut += 1) {
    const reader = new CsvReader();
    assert.deepEqual(
      [...reader.push(text.slice(0, cut)), ...reader.push(text.slice(cut)), ...reader.end()],
      rows,
      `${cut}`,
    );
  }
});
