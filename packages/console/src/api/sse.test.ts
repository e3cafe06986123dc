import { expect, test } from 'vitest';
import { createSseParser } from './sse.ts';

// WHATWG HTML, section 9.2.6; the first three streams are that section's own examples.
const cases = [
  {
    name: 'joins data lines with line feeds',
    stream: 'data: YHOO\ndata: +2\ndata: 10\n\n',
    events: [{ event: 'message', data: 'YHOO\n+2\n10' }],
  },
  {
    name: 'leaves out comments and events without data',
    stream: ': test stream\n\ndata: first event\nid: 1\n\nevent: x\n\ndata:second event\nid\n\ndata:  third event\n\n',
    events: [
      { event: 'message', data: 'first event' },
      { event: 'message', data: 'second event' },
      { event: 'message', data: ' third event' },
    ],
  },
  {
    name: 'takes a field without colon as empty',
    stream: 'data\n\ndata\ndata\n\ndata:',
    events: [
      { event: 'message', data: '' },
      { event: 'message', data: '\n' },
    ],
  },
  {
    name: 'gives the name of an event',
    stream: 'event: alert\ndata: {}\n\n',
    events: [{ event: 'alert', data: '{}' }],
  },
  { name: 'ends lines at CR LF', stream: 'event: a\r\ndata: 1\r\n\r\n', events: [{ event: 'a', data: '1' }] },
  {
    name: 'ends lines at CR',
    stream: 'data: 1\r\rdata: 2\r\r\n',
    events: [
      { event: 'message', data: '1' },
      { event: 'message', data: '2' },
    ],
  },
  { name: 'leaves out a byte order mark', stream: '\uFEFFdata: 1\n\n', events: [{ event: 'message', data: '1' }] },
  { name: 'drops an event that is not complete', stream: 'data: 1\n', events: [] },
];

for (const { name, stream, events } of cases) {
  test(`the parser ${name}`, () => {
    expect(createSseParser().push(stream)).toEqual(events);
  });

  test(`the parser ${name}, cut after every character`, () => {
    const parser = createSseParser();
    expect(Array.from(stream).flatMap((char) => parser.push(char))).toEqual(events);
  });
}
