import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { formatFaults, loadConfig, type Config, type ConfigRequest } from './config.ts';
import { settings } from './config-settings.ts';

interface Sources {
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
  readonly presets?: Readonly<Record<string, unknown>>;
}

async function load(context: TestContext, sources: Sources): Promise<Config | string> {
  const directory = mkdtempSync(join(tmpdir(), 'belfry-config-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  if (sources.file !== undefined) writeFileSync(join(directory, 'belfry.yaml'), sources.file);
  const request: ConfigRequest = {
    directory,
    environment: sources.environment ?? {},
    flags: new Map(Object.entries(sources.flags ?? {})),
    presets: sources.presets ?? {},
  };
  const outcome = await loadConfig(request);
  return outcome.kind === 'config' ? outcome.config : formatFaults(outcome.faults);
}

async function loadGood(context: TestContext, sources: Sources): Promise<Config> {
  const outcome = await load(context, sources);
  assert.ok(typeof outcome !== 'string', typeof outcome === 'string' ? outcome : '');
  return outcome;
}

test('without any source the defaults hold, closed to strangers and bound to this machine', async (context) => {
  const config = await loadGood(context, {});
  assert.equal(config.http.host, '127.0.0.1');
  assert.equal(config.http.port, 8080);
  assert.equal(config.mqtt.port, 1883);
  assert.deepEqual(config.mqtt.relay, []);
  assert.equal(config.access.open, false);
  assert.equal(config.cap.status, 'Test');
  assert.equal(config.file, null);
  assert.equal(config.http.publicUrl, undefined);
  assert.equal(config.places.log.scheme, 'file');
  assert.equal(config.places.log.path, join(config.places.dataDirectory, 'log'));
  assert.equal(config.places.access, join(config.places.dataDirectory, 'access.sqlite'));
});

test('flags go over the environment, the environment over the file, the file over presets', async (context) => {
  const config = await loadGood(context, {
    presets: { 'mqtt.port': 1, 'http.port': 1, 'cap.senderName': 'preset', 'store.flushMillis': 50 },
    file: 'mqtt: { port: 2 }\nhttp: { port: 2 }\ncap:\n  senderName: file\n',
    environment: { BELFRY_MQTT_PORT: '3', BELFRY_HTTP_PORT: '3' },
    flags: { 'mqtt.port': '4' },
  });
  assert.deepEqual(
    [config.mqtt.port, config.http.port, config.cap.senderName, config.store.flushMillis],
    [4, 3, 'file', 50],
  );
});

test('every setting can be given in each source under its own names', async (context) => {
  for (const setting of settings) {
    if (setting.defaultValue === undefined) continue;
    const text = typeof setting.defaultValue === 'string' ? setting.defaultValue : JSON.stringify(setting.defaultValue);
    await loadGood(context, { environment: { [setting.variable]: text } });
    await loadGood(context, { flags: { [setting.key]: text } });
    const [group = '', name] = setting.key.split('.');
    const tree = name === undefined ? { [group]: setting.defaultValue } : { [group]: { [name]: setting.defaultValue } };
    await loadGood(context, { file: JSON.stringify(tree, undefined, '\t') });
  }
});

test('names of variables and flags follow from the path', () => {
  const names = new Map(settings.map((setting) => [setting.key, `${setting.variable} --${setting.flag}`]));
  assert.equal(names.get('log'), 'BELFRY_LOG --log');
  assert.equal(names.get('dataDirectory'), 'BELFRY_DATA_DIRECTORY --data-directory');
  assert.equal(
    names.get('admission.futureMillisMax'),
    'BELFRY_ADMISSION_FUTURE_MILLIS_MAX --admission-future-millis-max',
  );
  assert.equal(new Set(settings.map((setting) => setting.variable)).size, settings.length);
});

test('a list is given with commas or as JSON, and an empty variable counts as absent', async (context) => {
  const comma = await loadGood(context, {
    environment: { BELFRY_MQTT_RELAY: 'home/#, plant/+/raw', BELFRY_HTTP_PORT: '' },
  });
  assert.deepEqual(comma.mqtt.relay, ['home/#', 'plant/+/raw']);
  const json = await loadGood(context, { flags: { 'mqtt.relay': '["a,b/#"]' } });
  assert.deepEqual(json.mqtt.relay, ['a,b/#']);
});

test('an engine may stand at an absolute path', async (context) => {
  for (const address of ['file:/var/lib/belfry/log', 'file:///var/lib/belfry/log']) {
    const config = await loadGood(context, { environment: { BELFRY_LOG: address } });
    assert.equal(config.places.log.path, '/var/lib/belfry/log');
  }
});

test('variables that Kubernetes adds for a service named belfry are no mistake', async (context) => {
  await loadGood(context, {
    environment: {
      BELFRY_SERVICE_HOST: '10.0.0.1',
      BELFRY_SERVICE_PORT_HTTP: '80',
      BELFRY_PORT: 'tcp://10.0.0.1:80',
      BELFRY_PORT_80_TCP_ADDR: '10.0.0.1',
    },
  });
});

test('an empty file, a comment and a name without a value change nothing', async (context) => {
  for (const file of ['', '# nothing\n', 'http:\n', 'http:\n  publicUrl:\n']) await loadGood(context, { file });
});

/** Sources, and all that the message must say. */
const faults: readonly [string, Sources, readonly string[]][] = [
  [
    'a number in words',
    { file: 'mqtt:\n  port: many\n' },
    ['mqtt.port = "many"', 'belfry.yaml line 2', 'whole number from 0 to 65535', 'default is 1883'],
  ],
  ['a port out of range', { flags: { 'http.port': '70000' } }, ['http.port = 70000', 'flag --http-port', '65535']],
  ['a fraction', { environment: { BELFRY_HTTP_PORT: '80.5' } }, ['http.port = 80.5', 'variable BELFRY_HTTP_PORT']],
  ['a number as text in the file', { file: 'http: { port: "8080" }' }, ['http.port = "8080"', 'not a whole number']],
  ['not quite a boolean', { environment: { BELFRY_ACCESS_OPEN: 'yes' } }, ['access.open = "yes"', 'true or false']],
  [
    'a word outside of the choice',
    { file: 'cap: { status: Real }' },
    ['cap.status = "Real"', 'one of Actual, Exercise, Test'],
  ],
  [
    'a misspelt setting',
    { file: 'mqtt:\n  prot: 1\n' },
    ['mqtt.prot: there is no such setting (belfry.yaml line 2)', 'Did you mean mqtt.port?'],
  ],
  ['a misspelt group', { file: 'mqqt: {}\n' }, ['mqqt', 'Did you mean mqtt?']],
  ['a key far from any', { file: 'zookeeper: 1\n' }, ['zookeeper', 'use one of dataDirectory']],
  ['a setting without its group', { file: 'mqtt.prot: 1\n' }, ['mqtt.prot', 'Did you mean mqtt.port?']],
  [
    'a misspelt variable',
    { environment: { BELFRY_MQTT_PROT: '1' } },
    ['BELFRY_MQTT_PROT', 'Did you mean BELFRY_MQTT_PORT?'],
  ],
  ['a group that is a number', { file: 'mqtt: 5\n' }, ['mqtt = 5', 'must be a mapping', 'host, port, relay']],
  ['a file that is a list', { file: '- 1\n' }, ['the file must be a mapping']],
  ['broken YAML', { file: 'mqtt: {\n' }, ['belfry.yaml line', 'not valid YAML']],
  ['a doubled key', { file: 'http:\n  port: 1\n  port: 2\n' }, ['belfry.yaml line 3', 'unique']],
  [
    'an unknown member in a list',
    { file: 'watch: { extraLimits: [{ id: a, phrases: [x1], reason: r, why: z }] }' },
    ['watch.extraLimits', '/0'],
  ],
  [
    'a limit with a phrase that could find nothing',
    { file: 'watch: { extraLimits: [{ id: a, phrases: ["..."], reason: r }] }' },
    ['watch.extraLimits', 'entry "a"', 'docs/limits.md'],
  ],
  [
    'a relay into the topics of SensorThings',
    { environment: { BELFRY_MQTT_RELAY: 'home/#,v1.1/#' } },
    ['mqtt.relay = "v1.1/#"', 'belong to SensorThings'],
  ],
  ['a relay that is no filter', { environment: { BELFRY_MQTT_RELAY: 'home/#/x' } }, ['mqtt.relay', 'topic filter']],
  [
    'an engine of later',
    { environment: { BELFRY_OBSERVATIONS: 'clickhouse://user:geheim@db/x' } },
    ['observations', 'comes with a later version', 'user:***@db', 'chdb:observations'],
  ],
  ['an engine that nobody knows', { environment: { BELFRY_REGISTRY: 'registry.sqlite' } }, ['must begin with sqlite:']],
  ['an engine without a path', { environment: { BELFRY_LOG: 'file:' } }, ['no path stands behind file:']],
  [
    'an address with a host in an engine',
    { environment: { BELFRY_LOG: 'file://server/log' } },
    ['log = "file://server/log"'],
  ],
  [
    'open access to the network by HTTP',
    { file: 'access: { open: true }\nhttp: { host: 0.0.0.0 }\n' },
    ['http.host = "0.0.0.0"', 'line 2', 'without a token', 'belfry token create'],
  ],
  [
    'open access to the network by MQTT',
    { file: 'access: { open: true }\nmqtt: { host: "::" }\n' },
    ['mqtt.host = "::"', 'without a token'],
  ],
  [
    'open access behind a proxy',
    { file: 'access: { open: true }\nhttp: { trustProxy: [127.0.0.1] }\n' },
    ['http.trustProxy', 'proxy'],
  ],
  [
    'open access under a public name',
    { file: 'access: { open: true }\nhttp: { publicUrl: "https://a.example" }\n' },
    ['http.publicUrl'],
  ],
  [
    'actual warnings of nobody',
    { file: 'cap: { status: Actual }' },
    ['cap.sender = "belfry@localhost"', 'a domain of your own'],
  ],
  ['a sender with a space', { file: 'cap: { sender: "a b" }' }, ['cap.sender = "a b"', 'letters, digits']],
];
for (const [name, sources, parts] of faults) {
  test(`the message names key, value, place and fix: ${name}`, async (context) => {
    const outcome = await load(context, sources);
    assert.ok(typeof outcome === 'string', 'must be refused');
    for (const part of parts) assert.ok(outcome.includes(part), `${JSON.stringify(part)} is not in:\n${outcome}`);
  });
}

test('all faults of all sources are reported at once', async (context) => {
  const outcome = await load(context, {
    file: 'mqtt: { port: x }\nnonsense: 1\n',
    environment: { BELFRY_HTTP_PORT: 'y' },
    flags: { 'store.flushMillis': '1', 'access.open': 'true', 'mqtt.host': '0.0.0.0', log: 'nats:x' },
  });
  assert.ok(typeof outcome === 'string');
  for (const key of ['mqtt.port', 'nonsense', 'http.port', 'store.flushMillis', 'mqtt.host', 'log = '])
    assert.ok(outcome.includes(key), key);
});

test('open access is fine where every listener binds to this machine', async (context) => {
  for (const host of ['127.0.0.1', '127.0.0.9', 'localhost', '::1']) {
    const config = await loadGood(context, { presets: { 'access.open': true, 'http.host': host, 'mqtt.host': host } });
    assert.equal(config.access.open, true);
  }
});

test('a file that was named must exist', async () => {
  const outcome = await loadConfig({ directory: tmpdir(), environment: { BELFRY_CONFIG: 'no-such-belfry.yaml' } });
  assert.ok(outcome.kind === 'faults');
  const text = formatFaults(outcome.faults);
  assert.ok(
    text.includes('no-such-belfry.yaml') && text.includes('there is no such file') && text.includes('BELFRY_CONFIG'),
    text,
  );
});

test('a file that unfolds into an enormous value is refused, not unfolded', async (context) => {
  const bomb = ['watch:', '  extraLimits:', '    - &a0 [x, x, x, x, x, x, x, x, x, x]']
    .concat(
      Array.from(
        { length: 12 },
        (_, i) => `    - &a${i + 1} [${Array.from({ length: 10 }, () => `*a${i}`).join(', ')}]`,
      ),
    )
    .join('\n');
  const outcome = await load(context, { file: bomb });
  assert.ok(typeof outcome === 'string' && outcome.includes('watch.extraLimits'));
});
