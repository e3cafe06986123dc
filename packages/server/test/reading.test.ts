import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { AlertList, IngestReport, Overview, Problem, Series } from '@belfry/contract';
import { connectAsync, type MqttClient } from 'mqtt';
import { Value } from 'typebox/value';
import { getAs, getObject, gaugeDatastream, postEntity, readAll, readingOf, untilCaughtUp } from '../testkit/api.ts';
import { startBelfryProcess, type BelfryProcess } from '../testkit/belfry-process.ts';

/** The way of a reading with real clients: in by MQTT and HTTP, out by the API, to subscribers, charts and alerts. */
describe('a reading', () => {
  let directory: string;
  let belfry: BelfryProcess;
  let datastreamId: number;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'belfry-reading-'));
    belfry = await startBelfryProcess({ directory, environment: { BELFRY_MQTT_RELAY: '["home/#"]' } });
    datastreamId = await postEntity(`${belfry.httpUrl}/v1.1/Datastreams`, gaugeDatastream());
  });

  after(async () => {
    assert.equal(await belfry.stop(), 0);
    await rm(directory, { recursive: true, force: true });
  });

  const topic = (): string => `v1.1/Datastreams(${datastreamId})/Observations`;

  async function newest(): Promise<unknown> {
    const page = await getObject(
      `${belfry.httpUrl}/v1.1/Datastreams(${datastreamId})/Observations?$orderby=id%20desc&$top=1`,
    );
    const [first]: readonly unknown[] = Array.isArray(page['value']) ? page['value'] : [];
    return readingOf(first).result;
  }

  for (const protocolVersion of [4, 5] as const) {
    for (const qos of [1, 2] as const) {
      it(`comes by MQTT ${protocolVersion === 5 ? '5' : '3.1.1'} at QoS ${qos} and is there when it is acknowledged`, async () => {
        const client = await connectAsync(belfry.mqttUrl, { protocolVersion });
        const result = protocolVersion * 10 + qos;
        await client.publishAsync(topic(), JSON.stringify({ result }), { qos });
        assert.equal(await newest(), result);
        await client.endAsync();
      });
    }
  }

  it(
    'comes from mosquitto_pub',
    { skip: existsSync('/usr/bin/mosquitto_pub') ? false : 'mosquitto_pub is not installed' },
    async () => {
      const arguments_ = [
        '-h',
        '127.0.0.1',
        '-p',
        String(belfry.mqttPort),
        '-q',
        '1',
        '-t',
        topic(),
        '-m',
        '{"result": 77.5}',
      ];
      await promisify(execFile)('mosquitto_pub', arguments_);
      assert.equal(await newest(), 77.5);
    },
  );

  it('comes by HTTP, to the collection of its Datastream and to all Observations', async () => {
    await postEntity(`${belfry.httpUrl}/${topic()}`, { result: 1.25, phenomenonTime: '2026-03-01T12:00:00+01:00' });
    assert.equal(await newest(), 1.25);
    const id = await postEntity(`${belfry.httpUrl}/v1.1/Observations`, {
      result: 2.5,
      Datastream: { '@iot.id': datastreamId },
    });
    const stored = await getObject(`${belfry.httpUrl}/v1.1/Observations(${id})`);
    assert.equal(stored['result'], 2.5);
    assert.equal(stored['resultTime'], null);
  });

  it('comes as a DataArray, where one bad row does not spoil the others', async () => {
    const response = await fetch(`${belfry.httpUrl}/v1.1/CreateObservations`, {
      method: 'POST',
      body: JSON.stringify([
        {
          Datastream: { '@iot.id': datastreamId },
          components: ['phenomenonTime', 'result'],
          'dataArray@iot.count': 3,
          dataArray: [
            ['2026-02-01T00:00:00Z', 10],
            ['2026-02-01T00:01:00Z', 'high'],
            ['2026-02-01T00:02:00Z', 12],
          ],
        },
      ]),
    });
    assert.equal(response.status, 201);
    const lines: unknown = await response.json();
    assert.ok(Array.isArray(lines) && lines.length === 3);
    assert.match(String(lines[0]), /\/v1\.1\/Observations\(\d+\)$/);
    assert.match(String(lines[1]), /^error/);
    assert.equal(readingOf(await getObject(String(lines[2]))).result, 12);
  });

  it('is corrected by PATCH and withdrawn by DELETE', async () => {
    const id = await postEntity(`${belfry.httpUrl}/${topic()}`, { result: 5 });
    const address = `${belfry.httpUrl}/v1.1/Observations(${id})`;
    assert.equal((await fetch(address, { method: 'PATCH', body: '{"result": 6}' })).status, 200);
    assert.equal((await getObject(address))['result'], 6);
    assert.equal((await fetch(address, { method: 'DELETE' })).status, 200);
    assert.equal((await fetch(address)).status, 404);
  });

  it('reaches the subscribers of its Datastream and nobody else', async () => {
    const [listener, stranger, device] = await Promise.all([
      connectAsync(belfry.mqttUrl, { protocolVersion: 5 }),
      connectAsync(belfry.mqttUrl, { protocolVersion: 4 }),
      connectAsync(belfry.mqttUrl, { protocolVersion: 5 }),
    ]);
    await listener.subscribeAsync(topic(), { qos: 1 });
    const heard = nextMessage(listener);
    const overheard: string[] = [];
    stranger.on('message', (name) => overheard.push(name));
    await device.publishAsync(topic(), '{"result": 31}', { qos: 1 });
    const message: unknown = JSON.parse((await heard).toString());
    assert.equal(readingOf(message).result, 31);
    assert.deepEqual(overheard, []);
    await Promise.all([listener.endAsync(), stranger.endAsync(), device.endAsync()]);
  });

  it('is no business of the relay, which passes on what is in an open namespace', async () => {
    const [listener, device] = await Promise.all([
      connectAsync(belfry.mqttUrl, { protocolVersion: 5 }),
      connectAsync(belfry.mqttUrl, { protocolVersion: 5 }),
    ]);
    await listener.subscribeAsync('home/+/light', { qos: 2 });
    const heard = nextMessage(listener);
    await device.publishAsync('home/hall/light', 'on', { qos: 2 });
    assert.equal((await heard).toString(), 'on');
    await assert.rejects(device.publishAsync('office/hall/light', 'on', { qos: 1 }), 'outside of the namespace');
    await Promise.all([listener.endAsync(), device.endAsync()]);
  });

  it('raises an alert, which ends when the water falls', async () => {
    const rule = {
      name: 'High water',
      event: 'Flood',
      category: 'Met',
      severity: 'Severe',
      binding: { datastreamIds: [datastreamId] },
      direction: 'above',
      raise: 300,
      clear: 250,
      forSeconds: 600,
    };
    await postEntity(`${belfry.httpUrl}/rules`, rule);
    const client = await connectAsync(belfry.mqttUrl, { protocolVersion: 5 });
    const states: string[] = [];
    const minute = 60_000;
    const begin = Date.now() - 60 * minute;
    for (const [at, result] of [
      [0, 310],
      [5, 280],
      [10, 305],
      [15, 260],
      [20, 240],
    ] as const) {
      const phenomenonTime = new Date(begin + at * minute).toISOString();
      await client.publishAsync(topic(), JSON.stringify({ result, phenomenonTime }), { qos: 1 });
      states.push(await alertState());
    }
    assert.deepEqual(states, ['pending', 'pending', 'active', 'active', 'resolved']);
    await client.endAsync();
    const feed = await (await fetch(`${belfry.httpUrl}/cap/feed.atom`)).text();
    assert.match(feed, /Flood/);
  });

  /** Alerts follow the log within moments; what is asked for is whether they come to stand, not how fast. */
  async function alertState(): Promise<string> {
    await untilCaughtUp(belfry.httpUrl);
    const list = await getAs(AlertList, `${belfry.httpUrl}/alerts?limit=1`);
    return list.value[0]?.state ?? 'none';
  }

  it('stands in the overview and the chart', async () => {
    await postEntity(`${belfry.httpUrl}/${topic()}`, { result: 42 });
    const series = await getAs(Series, `${belfry.httpUrl}/series/${datastreamId}?points=10`);
    assert.ok(series.count.reduce((sum, count) => sum + count, 0) > 0);
    const overview = await getAs(Overview, `${belfry.httpUrl}/overview`);
    const [thing] = overview.value;
    assert.deepEqual(thing?.position, [8.5, 50.1]);
    assert.equal(thing?.datastreams[0]?.newest?.value, 42);
    assert.equal(thing?.datastreams[0]?.unitSymbol, 'cm');
  });

  it('goes with its Datastream', async () => {
    const other = await postEntity(`${belfry.httpUrl}/v1.1/Datastreams`, gaugeDatastream());
    const id = await postEntity(`${belfry.httpUrl}/v1.1/Datastreams(${other})/Observations`, { result: 1 });
    assert.equal((await fetch(`${belfry.httpUrl}/v1.1/Datastreams(${other})`, { method: 'DELETE' })).status, 200);
    assert.equal((await fetch(`${belfry.httpUrl}/v1.1/Observations(${id})`)).status, 404);
  });

  it('is still there, with everything around it, after a stop and a start', async () => {
    const before = await readAll(belfry.httpUrl, datastreamId);
    const alerts = await getAs(AlertList, `${belfry.httpUrl}/alerts`);
    assert.equal(await belfry.stop(), 0);
    belfry = await startBelfryProcess({ directory });
    assert.deepEqual(await readAll(belfry.httpUrl, datastreamId), before);
    assert.deepEqual(await getAs(AlertList, `${belfry.httpUrl}/alerts`), alerts);
  });

  describe('that is bad', () => {
    /** Payload, MQTT 5 reason code (OASIS mqtt-v5.0, 2.4), Belfry's code, HTTP status. */
    const bad: readonly (readonly [string, string, number, string, number])[] = [
      ['is no JSON', '{"result": ', 0x99, 'bad-json', 400],
      ['is NaN', '{"result": NaN}', 0x99, 'bad-json', 400],
      ['is of the wrong type', '{"result": "high"}', 0x99, 'wrong-type', 400],
      [
        'is of the year 9999',
        '{"result": 1, "phenomenonTime": "9999-01-01T00:00:00Z"}',
        0x99,
        'time-out-of-range',
        400,
      ],
      ['has no result', '{"value": 1}', 0x99, 'unknown-field', 400],
    ];

    for (const [name, payload, reasonCode, code, status] of bad) {
      it(`and ${name} is answered over both protocols and kept for the console`, async () => {
        const client = await connectAsync(belfry.mqttUrl, { protocolVersion: 5 });
        await assert.rejects(client.publishAsync(topic(), payload, { qos: 1 }), (error) => {
          assert.ok(error instanceof Error && 'code' in error);
          assert.equal(error.code, reasonCode);
          return true;
        });
        await client.endAsync();
        const response = await fetch(`${belfry.httpUrl}/${topic()}`, { method: 'POST', body: payload });
        assert.equal(response.status, status);
        assert.equal(response.headers.get('content-type'), 'application/problem+json; charset=utf-8');
        const problem = Value.Parse(Problem, await response.json());
        assert.equal(problem.code, code);
        const report = await getAs(IngestReport, `${belfry.httpUrl}/ingest`);
        assert.deepEqual(
          report.refusals.slice(0, 2).map((refusal) => [refusal.protocol, refusal.code]),
          [
            ['http', code],
            ['mqtt', code],
          ],
        );
      });
    }

    it('because no Datastream is there', async () => {
      const client = await connectAsync(belfry.mqttUrl, { protocolVersion: 5 });
      await assert.rejects(client.publishAsync('v1.1/Datastreams(99999)/Observations', '{"result":1}', { qos: 1 }));
      await client.endAsync();
      const response = await fetch(`${belfry.httpUrl}/v1.1/Datastreams(99999)/Observations`, {
        method: 'POST',
        body: '{"result":1}',
      });
      assert.equal(response.status, 404);
    });

    it('because it is of 2 MB', async () => {
      const payload = JSON.stringify({ result: 1, parameters: { note: 'x'.repeat(2_000_000) } });
      const client = await connectAsync(belfry.mqttUrl, { protocolVersion: 5, reconnectPeriod: 0 });
      const reason = new Promise((resolve) => client.once('disconnect', (packet) => resolve(packet.reasonCode)));
      client.publish(topic(), payload, { qos: 1 });
      assert.equal(await reason, 0x95, 'Packet too large');
      client.end(true);
      const response = await fetch(`${belfry.httpUrl}/${topic()}`, { method: 'POST', body: payload });
      assert.equal(response.status, 413);
      // The server goes on with everybody else.
      await postEntity(`${belfry.httpUrl}/${topic()}`, { result: 1 });
    });
  });
});

async function nextMessage(client: MqttClient): Promise<Buffer> {
  return await new Promise((resolve) => client.once('message', (_topic, payload) => resolve(payload)));
}
