// Clients that others wrote: mqtt.js, and Mosquitto's where they are installed.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { openTestListener, until, type TestListener } from '../testkit/mqtt-client.ts';
import { MemoryAdmission } from '../testkit/memory-admission.ts';

const run = promisify(execFile);
const topic = 'v1.1/Datastreams(7)/Observations';

async function open(t: TestContext, admission?: MemoryAdmission): Promise<TestListener> {
  const opened = await openTestListener({ relay: ['home/#'] }, admission);
  t.after(() => opened.listener.close(0));
  return opened;
}

async function clientOf(t: TestContext, port: number, version: 4 | 5): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: version, reconnectPeriod: 0 });
  t.after(() => client.endAsync(true));
  return client;
}

for (const version of [4, 5] as const) {
  test(`mqtt.js ${version}: Observations with every QoS, in their order`, async (t) => {
    const { listener, admission } = await open(t);
    const client = await clientOf(t, listener.port, version);
    const expected = Array.from({ length: 300 }, (_, index) => index);
    await Promise.all(
      expected.map((result) => {
        const qos = result % 3 === 0 ? 0 : result % 3 === 1 ? 1 : 2;
        return client.publishAsync(topic, JSON.stringify({ result }), { qos });
      }),
    );
    assert.deepEqual(
      admission.submissions.map(({ body }) => body),
      expected.map((result) => ({ result })),
    );
    assert.deepEqual(new Set(admission.submissions.map(({ datastreamId }) => datastreamId)), new Set([7]));
  });

  test(`mqtt.js ${version}: relayed messages with every QoS`, async (t) => {
    const { listener } = await open(t);
    const reader = await clientOf(t, listener.port, version);
    const writer = await clientOf(t, listener.port, version);
    const got: string[] = [];
    reader.on('message', (name, payload, packet) => got.push(`${name} ${payload.toString()} ${packet.qos}`));
    await reader.subscribeAsync('home/#', { qos: 2 });
    for (const qos of [0, 1, 2] as const) await writer.publishAsync('home/ü/x', `${qos}`, { qos });
    await until(() => got.length === 3);
    assert.deepEqual(got.sort(), ['home/ü/x 0 0', 'home/ü/x 1 1', 'home/ü/x 2 2']);
    await reader.unsubscribeAsync('home/#');
  });

  test(`mqtt.js ${version}: a payload of nearly a mebibyte is taken whole`, async (t) => {
    const { listener, admission } = await open(t);
    const client = await clientOf(t, listener.port, version);
    const text = 'x'.repeat(1_048_000);
    await client.publishAsync(topic, JSON.stringify({ result: text }), { qos: 1 });
    assert.deepEqual(admission.submissions[0]?.body, { result: text });
  });
}

test('mqtt.js 5: a refusal comes to the publisher with its reason', async (t) => {
  const { listener } = await open(t, new MemoryAdmission({ datastreams: new Set([1]) }));
  const client = await clientOf(t, listener.port, 5);
  const code = (error: unknown): boolean =>
    typeof error === 'object' && error !== null && 'code' in error && error.code === 0x90;
  await assert.rejects(client.publishAsync(topic, '{"result":1}', { qos: 1 }), code);
  await assert.rejects(client.publishAsync(topic, '{"result":1}', { qos: 2 }), code);
  await client.publishAsync('v1.1/Datastreams(1)/Observations', '{"result":1}', { qos: 2 });
});

const mosquittoPub = '/usr/bin/mosquitto_pub';
const mosquittoSub = '/usr/bin/mosquitto_sub';
const skip =
  existsSync(mosquittoPub) && existsSync(mosquittoSub) ? false : 'NOTICE: mosquitto-clients is not installed';

for (const version of ['311', '5'] as const) {
  test(`mosquitto_pub ${version}: Observations with every QoS`, { skip }, async (t) => {
    const { listener, admission } = await open(t);
    for (const qos of ['0', '1', '2']) {
      await run(mosquittoPub, [
        '-p',
        `${listener.port}`,
        '-V',
        version,
        '-t',
        topic,
        '-q',
        qos,
        '-m',
        `{"result":${qos}}`,
      ]);
    }
    await until(() => admission.submissions.length === 3);
    assert.deepEqual(
      admission.submissions.map(({ body }) => body),
      [{ result: 0 }, { result: 1 }, { result: 2 }],
    );
    assert.equal(listener.counters.clientFaults, 0);
  });

  test(`mosquitto_sub ${version}: relayed messages with QoS 2`, { skip }, async (t) => {
    const { listener } = await open(t);
    const parameters = [
      '-p',
      `${listener.port}`,
      '-V',
      version,
      '-t',
      'home/#',
      '-q',
      '2',
      '-C',
      '3',
      '-F',
      '%t %p %q',
    ];
    const reader = spawn(mosquittoSub, parameters, { stdio: ['ignore', 'pipe', 'inherit'] });
    t.after(() => reader.kill());
    const lines: string[] = [];
    reader.stdout.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
    await until(() => listener.counters.subscribeReceived === 1);
    for (const qos of ['0', '1', '2']) {
      await run(mosquittoPub, ['-p', `${listener.port}`, '-V', version, '-t', 'home/x', '-q', qos, '-m', qos]);
    }
    await until(() => reader.exitCode !== null);
    assert.deepEqual(lines.join('').trim().split('\n').sort(), ['home/x 0 0', 'home/x 1 1', 'home/x 2 2']);
    assert.equal(listener.counters.clientFaults, 0);
  });
}

test('mosquitto_pub 5: the will of a client that is killed', { skip }, async (t) => {
  const { listener, admission } = await open(t);
  const will = ['--will-topic', topic, '--will-payload', '{"result":-1}', '--will-qos', '1'];
  const client = spawn(mosquittoSub, ['-p', `${listener.port}`, '-V', '5', '-t', 'home/#', ...will]);
  await until(() => listener.counters.subscribeReceived === 1);
  client.kill('SIGKILL');
  await until(() => admission.submissions.length === 1);
  assert.deepEqual(admission.submissions[0]?.body, { result: -1 });
});
