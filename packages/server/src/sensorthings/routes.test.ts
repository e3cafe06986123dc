/** The SensorThings API on a real registry and gate, with the log and the store in memory. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { MemoryLog } from '../../testkit/memory-log.ts';
import { MemoryStore } from '../../testkit/memory-store.ts';
import { Gate } from '../admission/mod.ts';
import { recordKinds } from '../domain/mod.ts';
import { CallerError, factsOf, refuse, type Clock } from '../kernel/mod.ts';
import { openSqliteRegistry, type Registry } from '../registry/mod.ts';
import { sensorThingsRoutes } from './mod.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const root = 'http://belfry.test/v1.1';
const now = Date.parse('2026-03-01T12:00:00Z');
const clock: Clock = { now: () => now, monotonic: () => now };
const measurement = 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement';
const place = {
  name: 'roof',
  description: 'of the school',
  encodingType: 'application/geo+json',
  location: { type: 'Point', coordinates: [116.4, 39.9] },
};
const sensor = { name: 'TEOM', description: 'a balance', encodingType: 'text/html', metadata: 'https://example.org' };
const dust = { name: 'PM2.5', definition: 'https://example.org/pm25', description: 'fine dust' };
const stream = {
  name: 'dust',
  description: 'hourly',
  unitOfMeasurement: { name: 'microgram per cubic metre', symbol: 'ug/m3', definition: 'ucum:ug/m3' },
  observationType: measurement,
};
const station = {
  name: 'Aotizhongxin',
  description: 'an air quality station',
  properties: { owner: { name: 'town' }, floor: null },
  Locations: [place],
  Datastreams: [{ ...stream, Sensor: sensor, ObservedProperty: dust }],
};

/** A server of its own for each group of tests. */
class Town {
  readonly app: FastifyInstance = fastify();
  readonly log = new MemoryLog();
  readonly store = new MemoryStore(this.log);
  readonly registry: Registry;
  readonly gate: Gate;
  mayWrite = true;

  constructor(registry: Registry) {
    this.registry = registry;
    this.gate = new Gate({ log: this.log, registry, clock, futureMillisMax: 86_400_000, strictTypes: true });
  }

  static async open(): Promise<Town> {
    const town = new Town(await openSqliteRegistry({ path: ':memory:', clock, judge: () => undefined }));
    const { app, registry, gate, store } = town;
    app.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof CallerError)) throw error;
      const { code, detail, field } = error.refusal;
      return reply.status(factsOf(code).status).send({ code, detail, field });
    });
    const current = async (id: number) =>
      (await store.observation(id)) ?? refuse('unknown-entity', `there is no Observation ${id}`);
    await app.register(
      sensorThingsRoutes({
        registry,
        store,
        admission: gate,
        clock,
        corrections: {
          patch: async (source, id, body) => {
            const observation = await current(id);
            return 'kind' in observation ? observation : gate.correct(source, observation, body);
          },
          remove: async (source, id) => {
            const observation = await current(id);
            return 'kind' in observation ? observation : gate.withdraw(source, observation);
          },
        },
        serviceRoot: () => root,
        sourceOf: () => ({ protocol: 'http', name: 'tester', mayWrite: town.mayWrite, mayAdminister: town.mayWrite }),
        removeObservations: () => town.removeObservations(),
        mqttEndpoints: () => ['mqtt://belfry.test:1883'],
      }),
    );
    return town;
  }

  async removeObservations(): Promise<void> {
    for (const { key, removal } of await this.registry.pendingRemovals()) {
      const line = Buffer.from(`${JSON.stringify(removal)}\n`);
      this.log.append(recordKinds.removals, line, 0, line.length);
      await this.log.whenDurable(this.log.nextSequence);
      await this.registry.removalDone(key);
    }
  }

  async ask(method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<Answer> {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const url = path.startsWith('http') ? path.slice('http://belfry.test'.length) : `/v1.1${path}`;
    const response = await this.app.inject({ method, url, headers, ...payload });
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    const parsed: unknown = isJson ? JSON.parse(response.body) : {};
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: isMembers(parsed) ? parsed : { array: parsed },
    };
  }

  async get(path: string): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.ask('GET', path);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  }

  async post(path: string, body: unknown): Promise<number> {
    const answer = await this.ask('POST', path, body);
    assert.equal(answer.status, 201, answer.text);
    const id = answer.body['@iot.id'];
    assert.ok(typeof id === 'number');
    return id;
  }

  async refused(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    code: string,
    body?: unknown,
  ): Promise<Answer> {
    const answer = await this.ask(method, path, body);
    assert.equal(answer.body['code'], code, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  async close(): Promise<void> {
    await this.app.close();
    this.gate.close();
    await this.registry.close();
  }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function values(page: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] {
  const list: unknown = page['value'];
  assert.ok(Array.isArray(list));
  return list.filter(isMembers);
}

function ids(page: Readonly<Record<string, unknown>>): readonly unknown[] {
  return values(page).map((entity) => entity['@iot.id']);
}

function omit(entity: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(entity).filter(([name]) => name !== key));
}

describe('reading by SensorThings', () => {
  let town: Town;
  before(async () => {
    town = await Town.open();
    await town.post('/Things', station);
    await town.post('/Things', { name: 'second', description: 'bare' });
    for (const [index, result] of [3, 1, 2].entries()) {
      const phenomenonTime = `2026-02-0${3 - index}T00:00:00+01:00`;
      await town.post('/Datastreams(1)/Observations', { result, phenomenonTime });
    }
  });
  after(() => town.close());

  test('the service root names the sets by absolute address, and what is there (18-088, 9.2.1)', async () => {
    for (const path of ['', '/']) {
      const landing = await town.get(path);
      assert.deepEqual(values(landing)[0], { name: 'Things', url: `${root}/Things` });
      assert.equal(values(landing).length, 8);
      const settings = landing['serverSettings'];
      assert.ok(isMembers(settings) && Array.isArray(settings['conformance']));
      const requirement =
        'http://www.opengis.net/spec/iot_sensing/1.1/req/create-observations-via-mqtt/observations-creation';
      assert.deepEqual(settings[requirement], { endpoints: ['mqtt://belfry.test:1883'] });
    }
  });

  test('an entity has its control information, properties and links', async () => {
    assert.deepEqual(await town.get('/Things(1)'), {
      '@iot.selfLink': `${root}/Things(1)`,
      '@iot.id': 1,
      name: station.name,
      description: station.description,
      properties: station.properties,
      'Locations@iot.navigationLink': `${root}/Things(1)/Locations`,
      'HistoricalLocations@iot.navigationLink': `${root}/Things(1)/HistoricalLocations`,
      'Datastreams@iot.navigationLink': `${root}/Things(1)/Datastreams`,
    });
  });

  test('a Datastream tells the extent of its Observations, and says nothing without any', async () => {
    const datastream = await town.get('/Datastreams(1)');
    assert.equal(datastream['phenomenonTime'], '2026-01-31T23:00:00.000Z/2026-02-02T23:00:00.000Z');
    assert.equal('resultTime' in datastream, false);
    assert.equal('observedArea' in datastream, false);
  });

  test('an Observation has resultTime even where there is none', async () => {
    const [first] = values(await town.get('/Observations?$top=1'));
    assert.deepEqual(first, {
      '@iot.selfLink': `${root}/Observations(1)`,
      '@iot.id': 1,
      phenomenonTime: '2026-02-02T23:00:00.000Z',
      result: 3,
      resultTime: null,
      'Datastream@iot.navigationLink': `${root}/Observations(1)/Datastream`,
      'FeatureOfInterest@iot.navigationLink': `${root}/Observations(1)/FeatureOfInterest`,
    });
  });

  test('every link that an answer holds leads somewhere, four steps deep', async () => {
    const seen = new Set<string>();
    const follow = async (address: string, depth: number): Promise<void> => {
      if (seen.has(address) || depth > 4) return;
      seen.add(address);
      const answer = await town.get(address);
      const entities = 'value' in answer ? values(answer) : [answer];
      for (const entity of entities) {
        for (const [key, link] of Object.entries(entity)) {
          if (key.endsWith('@iot.navigationLink') || key === '@iot.selfLink') await follow(String(link), depth + 1);
        }
      }
    };
    for (const set of values(await town.get(''))) await follow(String(set['url']), 1);
    assert.ok(seen.size > 40, `${seen.size} addresses`);
  });

  test('properties, keys inside of them and raw values have addresses', async () => {
    assert.deepEqual(await town.get('/Things(1)/name'), { name: station.name });
    assert.deepEqual(await town.get('/Things(1)/properties/owner/name'), { name: 'town' });
    assert.deepEqual(await town.get('/Things(1)/id'), { '@iot.id': 1 });
    const raw = await town.ask('GET', '/Things(1)/name/$value');
    assert.equal(raw.text, station.name);
    assert.match(String(raw.headers['content-type']), /^text\/plain/);
    assert.equal((await town.ask('GET', '/Observations(1)/result/$value')).text, '3');
    assert.equal((await town.ask('GET', '/Things(1)/properties/$value')).text, JSON.stringify(station.properties));
    assert.equal((await town.ask('GET', '/Things(1)/properties/floor')).status, 204);
    assert.equal((await town.ask('GET', '/Things(2)/properties')).status, 204);
    assert.equal((await town.ask('GET', '/Observations(1)/resultTime')).status, 204);
    assert.equal((await town.ask('GET', '/Datastreams(1)/resultTime')).status, 204);
    await town.refused('GET', '/Things(1)/properties/roof', 'unknown-address');
    await town.refused('GET', '/Things(1)/name/length', 'unknown-address');
    await town.refused('GET', '/Things(1)/constructor', 'unknown-address');
    await town.refused('GET', '/Things(1)/properties/constructor', 'unknown-address');
  });

  test('references are given instead of entities', async () => {
    const page = await town.get('/Things(1)/Datastreams/$ref');
    assert.deepEqual(page, { value: [{ '@iot.selfLink': `${root}/Datastreams(1)` }] });
    assert.deepEqual(await town.get('/Datastreams(1)/Thing/$ref'), { '@iot.selfLink': `${root}/Things(1)` });
  });

  test('each step of a path must belong to the one before', async () => {
    assert.equal((await town.get('/Things(1)/Datastreams(1)/Observations(1)/Datastream/Thing'))['@iot.id'], 1);
    assert.equal((await town.get('/FeaturesOfInterest(1)/Observations(2)'))['@iot.id'], 2);
    await town.refused('GET', '/Things(2)/Datastreams(1)', 'unknown-entity');
    await town.refused('GET', '/Things(2)/Datastreams(1)/Observations', 'unknown-entity');
    await town.refused('DELETE', '/Things(2)/Datastreams(1)', 'unknown-entity');
    await town.refused('GET', '/Things(9)', 'unknown-entity');
    await town.refused('GET', '/Things(9)/Locations', 'unknown-entity');
    await town.refused('GET', '/Observations(9)', 'unknown-entity');
    await town.refused('GET', '/Datastreams(1)/Observations(9)/Datastream', 'unknown-entity');
    await town.refused('GET', "/Things('1')", 'unknown-entity');
    await town.refused('GET', '/Tings', 'unknown-address');
  });

  test('a set is paged by the client, with a link to what follows and none on the last page', async () => {
    const first = await town.get('/Things?$top=1&$count=true');
    assert.deepEqual(ids(first), [1]);
    assert.equal(first['@iot.count'], 2);
    assert.deepEqual(Object.keys(first), ['@iot.count', 'value', '@iot.nextLink']);
    assert.equal(first['@iot.nextLink'], `${root}/Things?$top=1&$skip=1&$count=true`);
    const last = await town.get(first['@iot.nextLink']);
    assert.deepEqual(ids(last), [2]);
    assert.equal('@iot.nextLink' in last, false);
    assert.deepEqual(await town.get('/Things?$top=0&$count=true'), { '@iot.count': 2, value: [] });
    assert.deepEqual(await town.get('/Things?$skip=5&$count=false'), { value: [] });
  });

  test('Observations are ordered by id and times and paged, at the root and below their parents', async () => {
    const by = async (query: string) =>
      values(await town.get(`/Datastreams(1)/Observations?${query}`)).map((entity) => entity['result']);
    assert.deepEqual(await by(''), [3, 1, 2]);
    assert.deepEqual(await by('$orderby=id desc'), [2, 1, 3]);
    assert.deepEqual(await by('$orderby=phenomenonTime+asc'), [2, 1, 3]);
    assert.deepEqual(await by('$orderby=phenomenonTime%20desc&$top=1'), [3]);
    const page = await town.get('/FeaturesOfInterest(1)/Observations?$top=2&$orderby=phenomenonTime desc&$count=true');
    assert.equal(page['@iot.count'], 3);
    assert.deepEqual(ids(await town.get(String(page['@iot.nextLink']))), [3]);
    assert.deepEqual(ids(await town.get('/Things?$orderby=id desc')), [2, 1]);
  });

  test('what an option cannot take is refused by its name, and what is not there yet is not implemented', async () => {
    for (const [path, code, status, field] of [
      ['/Things?$top=-1', 'bad-query', 400, '$top'],
      ['/Things?$count=maybe', 'bad-query', 400, '$count'],
      ['/Things?$orderby=colour', 'bad-query', 400, '$orderby'],
      ['/Things?$orderby=name', 'unsupported-option', 501, '$orderby'],
      ['/Things?$filter=id eq 1', 'unsupported-option', 501, '$filter'],
      ['/Things(1)?$top=1', 'bad-query', 400, '$top'],
    ] as const) {
      const answer = await town.refused('GET', path, code);
      assert.equal(answer.status, status);
      assert.equal(answer.body['field'], field);
    }
  });

  test('an address says which methods it takes', async () => {
    for (const [method, path, allow] of [
      ['POST', '/Things(1)', 'GET, PATCH, PUT, DELETE'],
      ['PUT', '/Things', 'GET, POST'],
      ['DELETE', '/Things', 'GET, POST'],
      ['POST', '', 'GET'],
      ['PATCH', '/Things(1)/name', 'GET'],
      ['GET', '/CreateObservations', 'POST'],
      ['DELETE', '/Things(1)/Datastreams/$ref', 'GET'],
    ] as const) {
      const answer = await town.refused(method, path, 'method-not-allowed', method === 'GET' ? undefined : {});
      assert.equal(answer.headers['allow'], allow);
    }
  });

  test('an address of four thousand characters is read, a longer one is refused', async () => {
    await town.refused('GET', `/Things(1)/properties/${'a'.repeat(3_900)}`, 'unknown-address');
    await town.refused('GET', `/Things(1)/properties/${'a'.repeat(8_000)}`, 'unknown-address');
  });
});

describe('writing by SensorThings', () => {
  let town: Town;
  before(async () => {
    town = await Town.open();
    await town.post('/Things', station);
  });
  after(() => town.close());

  test('POST answers 201 with the address and the entity', async () => {
    const answer = await town.ask('POST', '/Things', { name: 'x', description: '' });
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['location'], answer.body['@iot.selfLink']);
    assert.deepEqual(await town.get(String(answer.headers['location'])), answer.body);
  });

  test('POST to a collection below a parent links to it', async () => {
    const id = await town.post('/Things(1)/Datastreams', {
      ...stream,
      Sensor: { '@iot.id': 1 },
      ObservedProperty: dust,
    });
    assert.equal((await town.get(`/Datastreams(${id})/Thing`))['@iot.id'], 1);
    const body = { ...stream, Thing: { '@iot.id': 2 }, Sensor: { '@iot.id': 1 }, ObservedProperty: { '@iot.id': 1 } };
    await town.refused('POST', '/Things(1)/Datastreams', 'conflict', body);
    await town.refused('POST', '/Things(9)/Datastreams', 'unknown-entity', body);
    await town.refused('POST', '/Things', 'unknown-field', { ...station, colour: 'red' });
  });

  test('PATCH, PUT and DELETE answer 200', async () => {
    const id = await town.post('/Things', { name: 'a', description: 'b', properties: { c: 1 } });
    const patched = await town.ask('PATCH', `/Things(${id})`, { name: 'A' });
    assert.equal(patched.status, 200);
    assert.deepEqual(patched.body, await town.get(`/Things(${id})`));
    assert.deepEqual(patched.body['properties'], { c: 1 });
    const put = await town.ask('PUT', `/Things(${id})`, { name: 'A', description: 'B' });
    assert.equal(put.status, 200);
    assert.equal('properties' in put.body, false);
    await town.refused('PUT', `/Things(${id})`, 'missing-field', { name: 'A' });
    assert.equal((await town.ask('DELETE', `/Things(${id})`)).status, 200);
    await town.refused('DELETE', `/Things(${id})`, 'unknown-entity');
    await town.refused('PATCH', `/Things(${id})`, 'unknown-entity', { name: 'A' });
    await town.refused('PATCH', '/Things(1)', 'bad-body', { Locations: [place] });
  });

  test('a POST of an Observation is answered with the same JSON as its GET', async () => {
    for (const body of [
      { result: 1.5 },
      {
        result: 2,
        phenomenonTime: '2026-02-01T00:00:00+01:00/2026-02-01T01:00:00+01:00',
        resultTime: '2026-02-01T02:00:00-0100',
        validTime: '2026-02-01T00:00:00Z/2026-03-01T00:00:00Z',
        resultQuality: { flag: 'ok' },
        parameters: { height: 2 },
      },
      { result: null, parameters: null, '@iot.id': 77 },
    ]) {
      const answer = await town.ask('POST', '/Datastreams(1)/Observations', body);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(answer.headers['location'], `${root}/Observations(${Number(answer.body['@iot.id'])})`);
      assert.deepEqual(answer.body, await town.get(answer.headers['location']));
    }
    const id = await town.post('/Observations', { result: 4, Datastream: { '@iot.id': 1 } });
    assert.equal((await town.get(`/Observations(${id})`))['phenomenonTime'], '2026-03-01T12:00:00.000Z');
  });

  test('an Observation is answered only when the log has it', async () => {
    town.log.hold();
    let answered = false;
    const posted = town.post('/Datastreams(1)/Observations', { result: 1 }).then((id) => {
      answered = true;
      return id;
    });
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(answered, false);
    town.log.release();
    await posted;
  });

  test('Observations below a FeatureOfInterest belong to it, and parents that contradict are refused', async () => {
    const { location: feature, ...rest } = place;
    const id = await town.post('/FeaturesOfInterest', { ...rest, feature });
    const path = `/FeaturesOfInterest(${id})/Observations`;
    const observation = await town.post(path, { result: 5, Datastream: { '@iot.id': 1 } });
    assert.deepEqual(ids(await town.get(path)), [observation]);
    await town.refused('POST', path, 'conflict', { result: 5, FeatureOfInterest: { '@iot.id': 1 } });
    await town.refused('POST', '/Datastreams(1)/Observations', 'conflict', { result: 5, Datastream: { '@iot.id': 2 } });
    await town.post('/Datastreams(1)/Observations', { result: 5, Datastream: { '@iot.id': 1 } });
    const refusals = town.gate.record.refusals();
    assert.equal(refusals[0]?.code, 'conflict', 'a refusal is kept for the console');
  });

  test('bodies that are no Observation are refused and change nothing', async () => {
    const before = (await town.get('/Observations?$count=true'))['@iot.count'];
    for (const [body, code] of [
      [[], 'bad-body'],
      [1, 'bad-body'],
      [{}, 'missing-field'],
      [{ result: 'x' }, 'wrong-type'],
      [{ result: 1, phenomenonTime: 'now' }, 'bad-time'],
      [{ result: 1, phenomenonTime: '9999-01-01T00:00:00Z' }, 'time-out-of-range'],
      [{ result: 1, FeatureOfInterest: { '@iot.id': 99 } }, 'unknown-feature'],
      [{ result: 1, colour: 'red' }, 'unknown-field'],
    ] as const) {
      await town.refused('POST', '/Datastreams(1)/Observations', code, body);
    }
    await town.refused('POST', '/Datastreams(99)/Observations', 'unknown-entity', { result: 1 });
    await town.refused('POST', '/Observations', 'unknown-datastream', { result: 1, Datastream: { '@iot.id': 99 } });
    assert.equal((await town.get('/Observations?$count=true'))['@iot.count'], before);
  });

  test('a deep insert takes its Observations along, or leaves nothing at all', async () => {
    const whole = (result: unknown) => ({
      ...station,
      Datastreams: [{ ...stream, Sensor: sensor, ObservedProperty: dust, Observations: [{ result: 1 }, { result }] }],
    });
    const before = (await town.get('/Observations?$count=true'))['@iot.count'];
    const things = ids(await town.get('/Things'));
    const refused = await town.refused('POST', '/Things', 'wrong-type', whole('two'));
    assert.equal(refused.body['field'], '/Datastreams/0/Observations/1/result');
    assert.deepEqual(ids(await town.get('/Things')), things);
    assert.equal((await town.get('/Observations?$count=true'))['@iot.count'], before);
    const id = await town.post('/Things', whole(2));
    const [datastream] = ids(await town.get(`/Things(${id})/Datastreams`));
    assert.equal(values(await town.get(`/Datastreams(${String(datastream)})/Observations`)).length, 2);
  });

  test('an Observation can be corrected and deleted', async () => {
    const id = await town.post('/Datastreams(1)/Observations', { result: 1, parameters: { a: 1 } });
    const patched = await town.ask('PATCH', `/Observations(${id})`, { result: 2 });
    assert.equal(patched.status, 200, patched.text);
    assert.equal(patched.body['result'], 2);
    assert.deepEqual(patched.body['parameters'], { a: 1 });
    await town.refused('PUT', `/Observations(${id})`, 'missing-field', { result: 3 });
    const put = await town.ask('PUT', `/Observations(${id})`, { result: 3, phenomenonTime: '2026-02-01T00:00:00Z' });
    assert.equal(put.status, 200, put.text);
    assert.equal('parameters' in put.body, false);
    assert.deepEqual(omit(put.body, ''), await town.get(`/Datastreams(1)/Observations(${id})`));
    assert.equal((await town.ask('DELETE', `/Observations(${id})`)).status, 200);
    await town.refused('GET', `/Observations(${id})`, 'unknown-entity');
    await town.refused('DELETE', `/Observations(${id})`, 'unknown-entity');
  });

  test('the Observations of what is deleted go with it', async () => {
    const id = await town.post('/Things', station);
    const [datastream] = ids(await town.get(`/Things(${id})/Datastreams`));
    const observation = await town.post(`/Datastreams(${String(datastream)})/Observations`, { result: 1 });
    await town.get(`/Observations(${observation})`);
    assert.equal((await town.ask('DELETE', `/Things(${id})`)).status, 200);
    await town.refused('GET', `/Observations(${observation})`, 'unknown-entity');
    await town.refused('GET', `/Datastreams(${String(datastream)})`, 'unknown-entity');
    assert.deepEqual(await town.registry.pendingRemovals(), []);
  });

  test('without the right to write nothing changes', async () => {
    town.mayWrite = false;
    await town.refused('POST', '/Things', 'not-allowed', { name: 'x', description: '' });
    await town.refused('PATCH', '/Things(1)', 'not-allowed', { name: 'x' });
    await town.refused('DELETE', '/Things(1)', 'not-allowed');
    await town.refused('POST', '/Datastreams(1)/Observations', 'not-allowed', { result: 1 });
    await town.refused('DELETE', '/Observations(1)', 'not-allowed');
    town.mayWrite = true;
  });
});

describe('CreateObservations', () => {
  let town: Town;
  before(async () => {
    town = await Town.open();
    await town.post('/Things', station);
  });
  after(() => town.close());

  const answers = async (body: unknown): Promise<readonly unknown[]> => {
    const answer = await town.ask('POST', '/CreateObservations', body);
    assert.equal(answer.status, 201, answer.text);
    const { array } = answer.body;
    assert.ok(Array.isArray(array));
    return array;
  };

  test('answers one text a row in their order, and a bad row spoils no other (18-088, 13.2)', async () => {
    const given = await answers([
      {
        Datastream: { '@iot.id': 1 },
        components: ['phenomenonTime', 'result', 'FeatureOfInterest/id'],
        'dataArray@iot.count': 4,
        dataArray: [
          ['2026-02-01T00:00:00Z', 1, null],
          ['2026-02-01T01:00:00Z', 2, 99],
          ['2026-02-01T02:00:00Z', 3],
          ['2026-02-01T03:00:00Z', 4, 1],
        ],
      },
      { Datastream: { '@iot.id': 77 }, components: ['result'], dataArray: [[1]] },
      { Datastream: { '@iot.id': 1 }, components: ['result'], dataArray: [['x'], [5]] },
    ]);
    const kinds = given.map((text) => (String(text).startsWith('error') ? String(text).split(':')[0] : 'ok'));
    assert.deepEqual(kinds, [
      'ok',
      'error unknown-feature',
      'error bad-body',
      'ok',
      'error unknown-datastream',
      'error wrong-type',
      'ok',
    ]);
    assert.equal((await town.get(String(given[3])))['result'], 4);
    assert.equal((await town.get(String(given[6])))['result'], 5);
  });

  test('refuses what is wrong in shape before it takes a row', async () => {
    const group = { Datastream: { '@iot.id': 1 }, components: ['result'], dataArray: [[1]] };
    const count = async () => (await town.get('/Observations?$count=true'))['@iot.count'];
    const before = await count();
    for (const [body, code] of [
      [{}, 'bad-body'],
      [[group, 1], 'bad-body'],
      [[group, { ...group, Datastream: 1 }], 'missing-field'],
      [[group, { ...group, components: ['phenomenonTime'] }], 'missing-field'],
      [[group, { ...group, components: ['result', 'colour'] }], 'unknown-field'],
      [[group, { ...group, components: ['result', 'result'] }], 'bad-body'],
      [[group, { ...group, dataArray: {} }], 'bad-body'],
    ] as const) {
      await town.refused('POST', '/CreateObservations', code, body);
    }
    assert.equal(await count(), before);
    assert.deepEqual(await answers([]), []);
  });

  test('says busy when the log took nothing, so that the client sends the same again', async () => {
    town.log.refuseNext(2);
    const group = { Datastream: { '@iot.id': 1 }, components: ['result'], dataArray: [[1], [2]] };
    await town.refused('POST', '/CreateObservations', 'busy', [group]);
    town.log.refuseNext(1);
    const given = await answers([group]);
    assert.match(String(given[0]), /^error busy/);
    assert.match(String(given[1]), /^http/);
  });

  test('takes twenty thousand rows in one request', async () => {
    const dataArray = Array.from({ length: 20_000 }, (_, index) => [new Date(now - index * 1000).toISOString(), index]);
    const group = { Datastream: { '@iot.id': 1 }, components: ['phenomenonTime', 'result'], dataArray };
    const before = Number((await town.get('/Observations?$count=true'))['@iot.count']);
    const given = await answers([group]);
    assert.equal(given.length, 20_000);
    assert.equal((await town.get('/Observations?$count=true'))['@iot.count'], before + 20_000);
  });
});
