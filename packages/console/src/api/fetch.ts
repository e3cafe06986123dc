// Every answer of the server passes here: it is either of the shape that the contract promises, or a Failure in words
// that a person can act on. Nothing throws for an expected outcome.
import { Problem } from '@belfry/contract';
import type { Static, TSchema } from 'typebox';
import { Check } from 'typebox/value';

/** Why there is no answer, for people: what happened, and what to do. */
export interface Failure {
  readonly kind: 'signed-out' | 'refused' | 'unreachable' | 'unexpected';
  readonly title: string;
  readonly detail: string;
  readonly remedy: string;
  /** HTTP status, where the server answered. */
  readonly status: number | null;
  readonly requestId: string | null;
}

export type Answer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface Api {
  /** Reads JSON of the given schema from a path of this origin. `statuses`: those besides 2xx whose body is the answer too. */
  get<S extends TSchema>(
    path: string,
    schema: S,
    signal: AbortSignal,
    statuses?: readonly number[],
  ): Promise<Answer<Static<S>>>;
  /** Opens a stream of server-sent events. */
  open(path: string, signal: AbortSignal): Promise<Answer<ReadableStream<Uint8Array>>>;
}

interface ApiParts {
  readonly fetch: typeof fetch;
  /** The token to send, or null for an anonymous request. */
  readonly token: () => string | null;
  /** Called when the server wants a token, or another one. */
  readonly onSignedOut: (failure: Failure) => void;
}

export function createApi({ fetch, token, onSignedOut }: ApiParts): Api {
  async function request(path: string, accept: string, signal: AbortSignal): Promise<Answer<Response>> {
    const headers = new Headers({ Accept: accept });
    const bearer = token();
    // RFC 6750, section 2.1: the token goes into the Authorization header, never into the address.
    if (bearer !== null) headers.set('Authorization', `Bearer ${bearer}`);
    try {
      return { kind: 'ok', value: await fetch(path, { headers, signal, cache: 'no-store' }) };
    } catch {
      return failed({
        kind: 'unreachable',
        title: 'The server does not answer.',
        detail: `No answer from ${location.host} for ${path}.`,
        remedy:
          'Check the network of this machine. If others cannot reach it either, look at the Belfry process itself.',
        status: null,
        requestId: null,
      });
    }
  }

  async function refuse(response: Response): Promise<Answer<never>> {
    const failure = await readProblem(response);
    if (failure.kind === 'signed-out') onSignedOut(failure);
    return failed(failure);
  }

  return {
    async get(path, schema, signal, statuses = []) {
      const answer = await request(path, 'application/json', signal);
      if (answer.kind === 'failed') return answer;
      const response = answer.value;
      if (!response.ok && !statuses.includes(response.status)) return refuse(response);
      const body = await readJson(response);
      if (Check(schema, body)) return { kind: 'ok', value: body };
      return failed({
        kind: 'unexpected',
        title: 'The server answered with something that this page does not understand.',
        detail: `The answer of ${path} does not have the agreed shape.`,
        remedy: 'Reload the page: the server may have been updated since it was opened. If it stays, report it.',
        status: response.status,
        requestId: response.headers.get('x-request-id'),
      });
    },
    async open(path, signal) {
      const answer = await request(path, 'text/event-stream', signal);
      if (answer.kind === 'failed') return answer;
      const response = answer.value;
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
      if (!response.ok || !isStream || response.body === null) return refuse(response);
      return { kind: 'ok', value: response.body };
    },
  };
}

/** Path and query of an address that the server gave: a `next` link may carry the server's own idea of its name. */
export function sameOrigin(address: string): string {
  const url = new URL(address, 'http://localhost');
  return url.pathname + url.search;
}

function failed(failure: Failure): Answer<never> {
  return { kind: 'failed', failure };
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

async function readProblem(response: Response): Promise<Failure> {
  const body = await readJson(response);
  const kind = response.status === 401 ? 'signed-out' : 'refused';
  const status = response.status;
  if (Check(Problem, body)) {
    return {
      kind,
      title: body.title,
      detail: body.detail,
      remedy: body.remedy,
      status,
      requestId: body.requestId ?? null,
    };
  }
  return {
    kind,
    title: `The server answered with HTTP ${status}.`,
    detail: response.statusText,
    remedy: 'Try again in a moment. If it stays, look at /readyz.',
    status,
    requestId: response.headers.get('x-request-id'),
  };
}
