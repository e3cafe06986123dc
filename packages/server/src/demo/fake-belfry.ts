import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { generate, parser, type Packet } from 'mqtt-packet';

type Entity = Record<string, unknown>;

/** What the demo's clients need of Belfry, in memory, for their tests: registration, rules, data arrays, MQTT, Observations in pages. */
export interface FakeBelfry {
  readonly httpUrl: string;
  readonly mqttUrl: string;
  readonly sets: ReadonlyMap<string, Entity[]>;
  readonly rules: readonly Entity[];
  /** By Datastream. */
  readonly observations: Map<number, { phenomenonTime: string; result: unknown }[]>;
  /** Payloads that are no JSON. */
  readonly refused: string[];
  readonly clientIds: ReadonlySet<string>;
  close(): Promise<void>;
}

const pageSize = 3;

export async function openFakeBelfry(): Promise<FakeBelfry> {
  const sets = new Map<string, Entity[]>();
  const rules: Entity[] = [];
  const observations: FakeBelfry['observations'] = new Map();
  const refused: string[] = [];
  const clientIds = new Set<string>();
  const sockets = new Set<Socket>();

  const setOf = (name: string): Entity[] => {
    const known = sets.get(name) ?? [];
    sets.set(name, known);
    return known;
  };
  const add = (set: string, entity: Entity): number => {
    const id = setOf(set).length + 1;
    const { Datastreams: streams, ...own } = entity;
    setOf(set).push({ ...own, '@iot.id': id });
    for (const stream of Array.isArray(streams) ? streams : []) add('Datastreams', { ...stream, thingId: id });
    return id;
  };
  const observe = (id: number, phenomenonTime: string, result: unknown): void => {
    observations.set(id, [...(observations.get(id) ?? []), { phenomenonTime, result }]);
  };

  const post = (path: string, body: unknown): { status: number; location?: string; body?: unknown } => {
    if (path === '/rules') {
      rules.push(entityOf(body));
      return { status: 201, body: {} };
    }
    if (path === '/v1.1/CreateObservations') {
      for (const group of Array.isArray(body) ? body : []) {
        for (const [time, result] of group.dataArray) observe(group.Datastream['@iot.id'], time, result);
      }
      return { status: 201, body: [] };
    }
    const set = path.replace('/v1.1/', '');
    return { status: 201, location: `http://x/v1.1/${set}(${add(set, entityOf(body))})` };
  };
  const get = (url: URL): unknown => {
    if (url.pathname === '/rules') return { value: rules };
    const nested = /^\/v1\.1\/(Things|Datastreams)\((\d+)\)\/(\w+)$/u.exec(url.pathname);
    const id = Number(nested?.[2]);
    const all: readonly unknown[] =
      nested === null
        ? setOf(url.pathname.replace('/v1.1/', ''))
        : nested[3] === 'Observations'
          ? (observations.get(id) ?? [])
          : setOf('Datastreams').filter((stream) => stream['thingId'] === id);
    const skip = Number(url.searchParams.get('$skip') ?? 0);
    const value = all.slice(skip, skip + pageSize);
    url.searchParams.set('$skip', `${skip + pageSize}`);
    return skip + pageSize < all.length ? { value, '@iot.nextLink': url.href } : { value };
  };

  const answerHttp = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const text = await readBody(request);
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? ''}`);
    const answer = request.method === 'POST' ? post(url.pathname, JSON.parse(text)) : { status: 200, body: get(url) };
    if (answer.location !== undefined) response.setHeader('location', answer.location);
    response.writeHead(answer.status).end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  };
  const http = createHttpServer((request, response) => void answerHttp(request, response));
  const answerMqtt = (packet: Packet, socket: Socket): void => {
    if (packet.cmd === 'connect') {
      clientIds.add(packet.clientId);
      const properties = { receiveMaximum: 20 };
      socket.write(
        generate({ cmd: 'connack', reasonCode: 0, sessionPresent: false, properties }, { protocolVersion: 5 }),
      );
    }
    if (packet.cmd !== 'publish') return;
    const payload = packet.payload.toString();
    let reasonCode = 0;
    try {
      const { phenomenonTime, result } = JSON.parse(payload);
      observe(Number(/\((\d+)\)/u.exec(packet.topic)?.[1]), phenomenonTime, result);
    } catch {
      refused.push(payload);
      reasonCode = 0x99;
    }
    socket.write(generate({ cmd: 'puback', messageId: packet.messageId ?? 0, reasonCode }, { protocolVersion: 5 }));
  };
  const mqtt = createServer((socket) => {
    sockets.add(socket);
    const incoming = parser({ protocolVersion: 5 });
    incoming.on('packet', (packet: Packet) => answerMqtt(packet, socket));
    socket.on('data', (bytes) => incoming.parse(bytes));
    socket.on('error', () => {});
  });
  http.listen(0, '127.0.0.1');
  mqtt.listen(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(mqtt, 'listening')]);
  const portOf = (address: ReturnType<typeof http.address>): number =>
    typeof address === 'object' ? (address?.port ?? 0) : 0;
  return {
    httpUrl: `http://127.0.0.1:${portOf(http.address())}`,
    mqttUrl: `mqtt://127.0.0.1:${portOf(mqtt.address())}`,
    sets,
    rules,
    observations,
    refused,
    clientIds,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      http.closeAllConnections();
      http.close();
      mqtt.close();
    },
  };
}

function entityOf(body: unknown): Entity {
  return typeof body === 'object' && body !== null ? { ...body } : {};
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
