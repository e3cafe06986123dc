/** A folder of packages/server/src: what lives there, and which folders it may import. Everything may import packages/contract. */
export interface FolderRule {
  readonly name: string;
  readonly words: string;
  readonly imports: readonly string[];
}

/** The table of ARCHITECTURE.md, in the order that data takes. tidy.test.ts holds the code against it. */
export const folderTable: readonly FolderRule[] = [
  { name: 'kernel', words: 'clock, errors, limits, stop list; no domain words, no IO', imports: [] },
  {
    name: 'domain',
    words: 'observations, datastreams, alerts, times: types, parsing, pure decisions',
    imports: ['kernel'],
  },
  { name: 'log', words: 'append-only log with readers; knows frames, not meaning', imports: ['kernel'] },
  { name: 'registry', words: 'the entity model, and what is known', imports: ['kernel', 'domain'] },
  { name: 'access', words: 'who may do what: tokens and their scopes', imports: ['kernel', 'domain', 'registry'] },
  {
    name: 'admission',
    words: 'the one gate of every Observation',
    imports: ['kernel', 'domain', 'registry', 'access', 'log'],
  },
  { name: 'listeners', words: 'MQTT and HTTP: bytes and sessions only', imports: ['kernel', 'domain', 'admission'] },
  { name: 'store', words: 'log to observations, and the queries', imports: ['kernel', 'domain', 'log'] },
  {
    name: 'rules',
    words: 'log to evaluation to transitions, appended to the log',
    imports: ['kernel', 'domain', 'log', 'registry'],
  },
  { name: 'alerts', words: 'transitions to alerts and CAP messages', imports: ['kernel', 'domain', 'log', 'registry'] },
  { name: 'live', words: 'tail of the log to subscribers', imports: ['kernel', 'domain', 'log'] },
  {
    name: 'sensorthings',
    words: 'the OGC API',
    imports: ['kernel', 'domain', 'registry', 'access', 'admission', 'store', 'live'],
  },
  {
    name: 'api',
    words: 'the rest of HTTP for people and programs',
    imports: [
      'kernel',
      'domain',
      'log',
      'registry',
      'access',
      'admission',
      'store',
      'rules',
      'alerts',
      'live',
      'sensorthings',
    ],
  },
  {
    name: 'demo',
    words: 'simulated town and replay: a client of the public interfaces',
    imports: ['kernel', 'domain'],
  },
  {
    name: 'app',
    words: 'configuration, wiring, command line',
    imports: [
      'kernel',
      'domain',
      'log',
      'registry',
      'access',
      'admission',
      'listeners',
      'store',
      'rules',
      'alerts',
      'live',
      'sensorthings',
      'api',
      'demo',
    ],
  },
];
