/**
 * SensorThings Sensing 1.1 over HTTP as a Fastify plugin: two routes a method, everything behind them is told by path.ts. Refusals are
 * thrown as CallerError; the listener's error handler makes problem details of them.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Source } from '../admission/mod.ts';
import { CallerError, isRefusal, quote, refuse, type Refusal } from '../kernel/mod.ts';
import { createObservations } from './data-array.ts';
import { EntityWriter } from './entity-writer.ts';
import { landingPage } from './landing-page.ts';
import { ObservationWriter } from './observation-writer.ts';
import type { SensorThingsOptions } from './options.ts';
import { parseResourcePath, type Resource } from './path.ts';
import { parseQueryOptions, type QueryOptions } from './query-options.ts';
import { Reader, type Address, type Answer } from './reader.ts';

/** Version segment of the addresses below the plugin's prefix. */
const version = '/v1.1';

/** A request whose address is parsed. */
interface Asked {
  readonly resource: Resource;
  readonly query: QueryOptions;
  readonly address: Address;
}

/** The plugin. Its addresses begin with `/v1.1` below the prefix that it is registered with. */
export function sensorThingsRoutes(options: SensorThingsOptions): (app: FastifyInstance) => Promise<void> {
  const reader = new Reader(options);
  const observations = new ObservationWriter(options);
  const writer = new EntityWriter(options, reader, observations);
  return async (app) => {
    const ask = (request: FastifyRequest): Asked => parse(request, `${app.prefix}${version}`, options);
    const get = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      const asked = ask(request);
      return send(reply, await read(asked, request, reply, reader, options));
    };
    const change = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      await write(ask(request), request, reply, writer, options);
    for (const url of [version, `${version}/*`]) {
      app.route({ method: 'GET', url, config: { scope: 'read' }, handler: get });
      app.route({ method: ['POST', 'PATCH', 'PUT', 'DELETE'], url, config: { scope: 'write' }, handler: change });
    }
  };
}

function parse(request: FastifyRequest, prefix: string, options: SensorThingsOptions): Asked {
  const mark = request.url.indexOf('?');
  const path = (mark === -1 ? request.url : request.url.slice(0, mark)).slice(prefix.length);
  const resource = parseResourcePath(path);
  if (isRefusal(resource)) throw new CallerError(resource);
  const query = parseQueryOptions(mark === -1 ? '' : request.url.slice(mark + 1));
  if (isRefusal(query)) throw new CallerError(query);
  return { resource, query, address: { root: options.serviceRoot(request), path: trimSlashes(path) } };
}

async function read(
  { resource, query, address }: Asked,
  request: FastifyRequest,
  reply: FastifyReply,
  reader: Reader,
  options: SensorThingsOptions,
): Promise<Answer> {
  switch (resource.kind) {
    case 'landing':
      return { kind: 'json', body: landingPage(address.root, options.mqttEndpoints?.(request) ?? []) };
    case 'create-observations':
      throw notAllowed(reply, request, 'POST');
    case 'collection':
      return await reader.collection(resource, query, address);
    case 'entity':
      return await reader.entity(resource, query, address.root);
    case 'property':
      return await reader.property(resource, query, address.root);
  }
}

async function write(
  { resource, address }: Asked,
  request: FastifyRequest,
  reply: FastifyReply,
  writer: EntityWriter,
  options: SensorThingsOptions,
): Promise<FastifyReply> {
  const source = options.sourceOf(request);
  if (!mayChange(resource, source)) {
    const detail = `${quote(source.name)} may send Observations and change nothing else; the scope admin is needed`;
    throw new CallerError(refuse('not-allowed', detail));
  }
  const { root } = address;
  const { body, method } = request;
  switch (resource.kind) {
    case 'landing':
    case 'property':
      throw notAllowed(reply, request, 'GET');
    case 'create-observations': {
      if (method !== 'POST') throw notAllowed(reply, request, 'POST');
      return reply.status(201).send(await createObservations(options, source, body, root));
    }
    case 'collection': {
      if (method !== 'POST' || resource.ref) throw notAllowed(reply, request, resource.ref ? 'GET' : 'GET, POST');
      const created = await writer.create(source, resource, body, root);
      return reply.status(201).header('location', String(created['@iot.selfLink'])).send(created);
    }
    case 'entity': {
      if (method === 'POST' || resource.ref) {
        throw notAllowed(reply, request, resource.ref ? 'GET' : 'GET, PATCH, PUT, DELETE');
      }
      if (method === 'DELETE') {
        await writer.remove(source, resource.path);
        return reply.status(200).send();
      }
      const mode = method === 'PUT' ? 'replace' : 'merge';
      return reply.status(200).send(await writer.update(source, resource.path, body, mode, root));
    }
  }
}

/** Observations are for everybody who may write; what they hang on is for administrators. */
function mayChange(resource: Resource, source: Source): boolean {
  if (source.mayAdminister === true || !('entity' in resource)) return true;
  return resource.entity === 'Observation';
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  switch (answer.kind) {
    case 'json':
      return reply.status(200).send(answer.body);
    case 'text':
      return reply.status(200).type('text/plain; charset=utf-8').send(answer.text);
    case 'none':
      return reply.status(204).send();
  }
}

function notAllowed(reply: FastifyReply, request: FastifyRequest, allowed: string): CallerError {
  reply.header('allow', allowed);
  const refusal: Refusal = refuse('method-not-allowed', `${request.method} is not for this address; ${allowed} is`);
  return new CallerError(refusal);
}

function trimSlashes(path: string): string {
  let start = 0;
  let end = path.length;
  while (path[start] === '/') start += 1;
  while (end > start && path[end - 1] === '/') end -= 1;
  return path.slice(start, end);
}
