// Every setting of Belfry, once: its type, default, bounds and words. Validation, the names of environment variables and flags,
// the help text and docs/configuration.md all follow from this schema. The innermost schemas are the settings;
// each has a `description`, and an `expects` where its type and bounds do not say what a person should write.
import { Type, type Static } from 'typebox';
import { limits } from '../kernel/mod.ts';

const host = (listener: string) =>
  Type.String({
    default: '127.0.0.1',
    minLength: 1,
    maxLength: 253,
    pattern: '^[0-9A-Za-z.:_-]+$',
    expects: 'a host name or IP address, such as 127.0.0.1 or 0.0.0.0',
    description: `Address that the ${listener} listener binds to. 127.0.0.1 takes connections of this machine only; 0.0.0.0 of every network.`,
  });

const port = (value: number, listener: string) =>
  Type.Integer({
    default: value,
    minimum: 0,
    maximum: 65_535,
    description: `Port of the ${listener} listener. 0 lets the system choose a free one.`,
  });

const engine = (value: string, what: string) =>
  Type.String({
    default: value,
    minLength: 1,
    maxLength: 2048,
    expects: `an engine and a path, such as ${value}`,
    description: `${what} A relative path is below \`dataDirectory\`.`,
  });

/** An address or network in CIDR form; which of them exist is left to the listener. */
const network = Type.String({ pattern: '^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$', maxLength: 64 });

const httpSettings = Type.Object(
  {
    host: host('HTTP'),
    port: port(8080, 'HTTP'),
    publicUrl: Type.Optional(
      Type.String({
        pattern: '^https?://[^\\s/?#]+(/[^\\s?#]*)?$',
        maxLength: 2048,
        expects: 'an address such as https://belfry.example.org, without query or fragment',
        description:
          'Address under which others reach this server, for the links in answers. Without it, links follow the Host header of the request.',
      }),
    ),
    trustProxy: Type.Array(network, {
      default: [],
      maxItems: 64,
      expects: 'a list of addresses or networks, such as 127.0.0.1 or 10.0.0.0/8',
      description:
        'Proxies whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host headers count. Everybody else’s are ignored.',
    }),
  },
  { additionalProperties: false, description: 'The HTTP listener: API, console, live events, health.' },
);

const mqttSettings = Type.Object(
  {
    host: host('MQTT'),
    port: port(1883, 'MQTT'),
    relay: Type.Array(Type.String({ minLength: 1, maxLength: 1024, pattern: '^[^\\u0000$][^\\u0000]*$' }), {
      default: [],
      maxItems: 256,
      expects: 'a list of topic filters, such as home/#',
      description:
        'Topic filters of the namespaces in which messages are passed on to subscribers as they are, beside the topics of SensorThings. None by default.',
    }),
    noSubscribe: Type.Array(Type.String({ minLength: 1, maxLength: 1024, pattern: '^[^\\u0000]+$' }), {
      default: ['test/nosubscribe'],
      maxItems: 256,
      expects: 'a list of topic filters, such as home/private/#',
      description:
        'Topic filters that nobody may subscribe to; answered with 0x80. The default is the name with which interoperability tests try a refusal.',
    }),
    keepAliveSecondsMax: Type.Integer({
      default: 60,
      minimum: 1,
      maximum: 65_535,
      description: 'Longest Keep Alive, in seconds; a client of MQTT 5 that asks for more is told this one.',
    }),
  },
  { additionalProperties: false, description: 'The MQTT listener, 3.1.1 and 5.' },
);

const capSettings = Type.Object(
  {
    sender: Type.String({
      default: 'belfry@localhost',
      minLength: 1,
      maxLength: 200,
      // CAP 1.2, 3.2.1: neither spaces, commas, < nor &; and what goes into an address as it is, because identifiers begin with it.
      pattern: '^[A-Za-z0-9][A-Za-z0-9.@:_-]{0,99}$',
      expects: 'an identifier of letters, digits and .@:_-, such as warnings@belfry.example.org',
      description: 'CAP `sender`: identifies this warning service worldwide. Use an address in a domain of your own.',
    }),
    senderName: Type.String({
      default: 'Belfry',
      minLength: 1,
      maxLength: 200,
      description: 'CAP `senderName`: the name of the service for people.',
    }),
    status: Type.Union([Type.Literal('Actual'), Type.Literal('Exercise'), Type.Literal('Test')], {
      default: 'Test',
      description:
        'CAP `status` of every message. `Actual` is what the public acts on, and needs a `cap.sender` of your own.',
    }),
    language: Type.String({
      default: 'en-US',
      pattern: '^[A-Za-z]{2,3}(-[0-9A-Za-z]{2,8})*$',
      maxLength: 35,
      expects: 'a language tag such as en-US or de',
      description: 'CAP `language` of the texts in the rules.',
    }),
    expiresSeconds: Type.Integer({
      default: 86_400,
      minimum: 60,
      maximum: 604_800,
      description: 'How long a CAP message is valid after it was sent, in seconds.',
    }),
  },
  { additionalProperties: false, description: 'Warnings as CAP 1.2 messages, under /cap.' },
);

const extraLimit = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 100, pattern: '^[a-z0-9-]+$' }),
    phrases: Type.Array(Type.String({ minLength: 2, maxLength: 200 }), { minItems: 1, maxItems: 200 }),
    reason: Type.String({ minLength: 1, maxLength: 1000 }),
  },
  { additionalProperties: false },
);

/** The whole configuration. Groups are objects, settings are everything else. */
export const settingsSchema = Type.Object(
  {
    dataDirectory: Type.String({
      default: '.belfry',
      minLength: 1,
      maxLength: 4096,
      description: 'Folder for everything that the server keeps. A relative path is below the working directory.',
    }),
    log: engine('file:log', 'The log of everything taken in: `file:` with a folder for its segments.'),
    registry: engine('sqlite:registry.sqlite', 'The registry of Things and Datastreams: `sqlite:` with a file.'),
    observations: engine('chdb:observations', 'The store of Observations: `chdb:` with a folder.'),
    http: httpSettings,
    mqtt: mqttSettings,
    access: Type.Object(
      {
        open: Type.Boolean({
          default: false,
          description:
            'Lets everybody who reaches the server read, write and administer without a token. Only where every listener binds to this machine.',
        }),
      },
      { additionalProperties: false, description: 'Who may do what. Tokens are made with `belfry token create`.' },
    ),
    admission: Type.Object(
      {
        futureMillisMax: Type.Integer({
          default: limits.futureMillisMax,
          minimum: 0,
          maximum: 31_536_000_000,
          description: 'How far ahead of the server’s clock a phenomenonTime may lie, in milliseconds.',
        }),
        strictTypes: Type.Boolean({
          default: true,
          description:
            'Refuses a result that is not of the type of its Datastream’s observationType. Otherwise it is kept as it is.',
        }),
      },
      { additionalProperties: false, description: 'The gate that every Observation passes.' },
    ),
    cap: capSettings,
    watch: Type.Object(
      {
        extraLimits: Type.Array(extraLimit, {
          default: [],
          maxItems: 1000,
          expects: 'a list of objects with id, phrases (a list) and reason',
          description:
            'More things that may not be observed here, beside the built-in list of docs/limits.md. Nothing can be taken off that list.',
        }),
      },
      { additionalProperties: false, description: 'Limits on what may be watched.' },
    ),
    store: Type.Object(
      {
        flushMillis: Type.Integer({
          default: 1_000,
          minimum: 50,
          maximum: 60_000,
          description:
            'Longest time that a reading waits before it goes into the store, in milliseconds. Reading your own writes does not wait for it.',
        }),
      },
      { additionalProperties: false, description: 'How the store follows the log.' },
    ),
    logging: Type.Object(
      {
        level: Type.Union(
          [
            Type.Literal('trace'),
            Type.Literal('debug'),
            Type.Literal('info'),
            Type.Literal('warn'),
            Type.Literal('error'),
            Type.Literal('fatal'),
            Type.Literal('silent'),
          ],
          { default: 'info', description: 'Least grave line that is written to standard output, as JSON.' },
        ),
      },
      { additionalProperties: false, description: 'The server’s own log lines.' },
    ),
  },
  { additionalProperties: false },
);

/** The settings by their names, as validated; see Config in config.ts for what follows from them. */
export type Settings = Static<typeof settingsSchema>;
