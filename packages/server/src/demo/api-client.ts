import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, quote } from '../kernel/mod.ts';

/** Belfry's public HTTP API, as the demo uses it: like any other client, with nothing but an address and a token. */
export interface ApiAccess {
  /** Where Belfry answers, for example `http://127.0.0.1:8080`. */
  readonly httpUrl: string;
  /** Sent as `Authorization: Bearer …`; absent where the server takes anonymous requests. */
  readonly token?: string;
  readonly signal?: AbortSignal;
}

/** The API did not do what it was asked. The message says what was asked and what it answered. */
export class ApiError extends Error {
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(status: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** The parsed body of a GET. Throws ApiError. */
export async function getJson(access: ApiAccess, address: string): Promise<unknown> {
  const answer = await call(access, 'GET', address);
  return parse(answer.text, `GET ${address}`);
}

/** What a POST answered: the Location header and the parsed body, undefined where it is empty. Throws ApiError. */
export async function postJson(
  access: ApiAccess,
  address: string,
  body: unknown,
): Promise<{ readonly location: string; readonly body: unknown }> {
  const answer = await call(access, 'POST', address, JSON.stringify(body));
  const parsed = answer.text === '' ? undefined : parse(answer.text, `POST ${address}`);
  return { location: answer.location, body: parsed };
}

/** All entities of a collection, page by page along `@iot.nextLink` (18-088, 9.3.3.5). Throws ApiError. */
export async function* listPages(access: ApiAccess, address: string): AsyncGenerator<readonly JsonObject[]> {
  let next: string | undefined = address;
  while (next !== undefined) {
    const page = await getJson(access, next);
    if (!isObject(page) || !Array.isArray(page['value'])) {
      throw new ApiError(200, `GET ${next} answered without a list "value": ${quote(page)}`);
    }
    const values: readonly unknown[] = page['value'];
    yield values.filter(isObject);
    const link: unknown = page['@iot.nextLink'];
    next = typeof link === 'string' ? link : undefined;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `@iot.id` of an entity. Throws ApiError where it has none. */
export function idOf(entity: unknown): number {
  const id: unknown = isObject(entity) ? entity['@iot.id'] : undefined;
  if (typeof id !== 'number') throw new ApiError(200, `an entity came without a number as @iot.id: ${quote(entity)}`);
  return id;
}

const attemptsMax = 20;

async function call(
  access: ApiAccess,
  method: 'GET' | 'POST',
  address: string,
  body?: string,
): Promise<{ readonly location: string; readonly text: string }> {
  const url = new URL(address, access.httpUrl);
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (access.token !== undefined) headers['authorization'] = `Bearer ${access.token}`;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(url, method, headers, body, access.signal);
    const text = await answer.text();
    if (answer.ok) return { location: answer.headers.get('location') ?? '', text };
    // 503 says that nothing was kept and when to come again.
    if (answer.status === 503 && attempt < attemptsMax) {
      const seconds = Number(answer.headers.get('retry-after') ?? '1');
      await sleep(Math.min(Math.max(seconds, 0.1), 10) * 1000, undefined, optionsWith(access.signal));
      continue;
    }
    throw new ApiError(
      answer.status,
      `${method} ${url.pathname} was answered with ${answer.status}: ${detailOf(text)}`,
    );
  }
}

async function send(
  url: URL,
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Response> {
  try {
    return await fetch(url, { method, headers, ...(body === undefined ? {} : { body }), ...optionsWith(signal) });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    const cause = error instanceof Error ? error.cause : undefined;
    const why = cause === undefined ? messageOf(error) : messageOf(cause);
    throw new ApiError(0, `${url.origin} does not answer (${why}). Is Belfry running there?`, { cause: error });
  }
}

function optionsWith(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function parse(text: string, asked: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    throw new ApiError(200, `${asked} was not answered with JSON: ${quote(text)}`, { cause: error });
  }
}

/** Detail and remedy of a problem document, else the text itself. */
function detailOf(text: string): string {
  try {
    const problem: unknown = JSON.parse(text);
    if (isObject(problem) && typeof problem['detail'] === 'string') {
      return [problem['detail'], problem['remedy']].filter((part) => typeof part === 'string').join(' ');
    }
  } catch {
    // Not a problem document: the text says it.
  }
  return text.slice(0, 300);
}
