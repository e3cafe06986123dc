import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type MqttClient } from 'mqtt';
import { startBelfryProcess, type BelfryProcess } from '../testkit/belfry-process.ts';
import { readAll, untilCaughtUp } from '../testkit/api.ts';
import { expectedSteps, Reference, registerGauges, type Step } from '../testkit/crash-reference.ts';

/**
 * Kills the process with SIGKILL under load, again and again, and holds the end against what was acknowledged:
 * every acknowledged Observation is in the store exactly once with its value, none stands there twice, and the alerts went
 * through exactly the transitions that the stored readings ask for.
 */
const rounds = 30;
const gauges = 20;
const connections = 4;
const seed = Number(process.env['BELFRY_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(
  `loses and doubles nothing when it is killed ${rounds} times under load (BELFRY_SEED=${seed})`,
  { timeout: 300_000 },
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'belfry-crash-'));
    const random = mulberry32(seed);
    const reference = new Reference();
    let belfry: BelfryProcess | undefined;
    try {
      belfry = await startBelfryProcess({ directory });
      const datastreams = await registerGauges(belfry.httpUrl, gauges);
      for (let round = 0; round < rounds; round += 1) {
        const load = publishUntilGone(belfry, datastreams, reference);
        await sleep(100 + random() * 500);
        await belfry.kill();
        await load;
        belfry = await startBelfryProcess({ directory });
      }
      await holdAgainst(belfry.httpUrl, datastreams, reference);
      assert.equal(await belfry.stop(), 0, 'SIGTERM drains and exits 0');
      // A clean stop and start changes nothing either.
      belfry = await startBelfryProcess({ directory });
      await holdAgainst(belfry.httpUrl, datastreams, reference);
    } finally {
      await belfry?.stop();
      await rm(directory, { recursive: true, force: true });
    }
  },
);

/** A few devices publish at QoS 1, each with a window of messages in flight, until the server is gone. */
async function publishUntilGone(
  belfry: BelfryProcess,
  datastreams: readonly number[],
  reference: Reference,
): Promise<void> {
  await Promise.all(
    Array.from({ length: connections }, async (_, index) => {
      const own = datastreams.filter((_id, at) => at % connections === index);
      const client = connect(belfry.mqttUrl, { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 5_000 });
      client.setMaxListeners(200);
      client.on('error', () => undefined);
      const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
      await Promise.race([new Promise<void>((resolve) => client.once('connect', () => resolve())), closed]);
      const window = Array.from({ length: 50 }, () => publishInTurn(client, own, reference));
      await closed;
      client.end(true);
      await Promise.all(window);
    }),
  );
}

async function publishInTurn(client: MqttClient, own: readonly number[], reference: Reference): Promise<void> {
  while (client.connected) {
    const reading = reference.next(own);
    const acknowledged = await new Promise<boolean>((resolve) => {
      const gone = (): void => resolve(false);
      client.once('close', gone);
      client.publish(
        `v1.1/Datastreams(${reading.datastreamId})/Observations`,
        JSON.stringify({ result: reading.value, phenomenonTime: new Date(reading.time).toISOString() }),
        { qos: 1 },
        (error, packet) => {
          client.off('close', gone);
          const code = packet !== undefined && 'reasonCode' in packet ? packet.reasonCode : 0;
          if (code !== undefined && code >= 0x80) assert.fail(`a reading was refused with reason code ${code}`);
          resolve(error === null || error === undefined);
        },
      );
    });
    if (acknowledged) reference.acknowledge(reading);
  }
}

async function holdAgainst(httpUrl: string, datastreams: readonly number[], reference: Reference): Promise<void> {
  let stored = 0;
  const expected: Step[] = [];
  for (const datastreamId of datastreams) {
    const observations = await readAll(httpUrl, datastreamId);
    stored += observations.length;
    const seen = new Set<number>();
    for (const { time, result } of observations) {
      assert.ok(!seen.has(time), `the reading of Datastream ${datastreamId} at ${time} is stored twice`);
      seen.add(time);
      assert.equal(
        result,
        reference.valueAt(datastreamId, time),
        `the reading of Datastream ${datastreamId} at ${time} has its value`,
      );
    }
    for (const time of reference.acknowledgedTimes(datastreamId)) {
      assert.ok(seen.has(time), `the acknowledged reading of Datastream ${datastreamId} at ${time} is lost`);
    }
    expected.push(...expectedSteps(datastreamId, observations));
  }
  assert.ok(reference.acknowledged > rounds * 10, `only ${reference.acknowledged} readings were acknowledged`);
  await untilCaughtUp(httpUrl);
  const found = await reference.steps(httpUrl);
  assert.deepEqual(
    sorted(found),
    sorted(expected),
    'the alerts went through the transitions that the readings ask for',
  );
  assert.ok(expected.length > rounds, `only ${expected.length} transitions`);
  process.stdout.write(
    `# ${reference.acknowledged} acknowledged, ${stored} stored, ${expected.length} transitions, ${rounds} kills\n`,
  );
}

function sorted(steps: readonly Step[]): string[] {
  return steps.map((step) => `${step.datastreamId} ${step.observationId} ${step.to}`).toSorted();
}

/** A small seeded generator, so that a run can be repeated. */
function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
