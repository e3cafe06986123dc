import type { ErrorCode, Problem } from '@belfry/contract';
import { BelfryError, CallerError, factsOf, refuse, type Refusal } from '../../kernel/mod.ts';

/** A refusal as RFC 9457 problem details. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  const facts = factsOf(refusal.code);
  return {
    type: `urn:belfry:error:${refusal.code}`,
    title: facts.title,
    status: facts.status,
    detail: refusal.detail,
    code: refusal.code,
    message: refusal.detail,
    remedy: facts.remedy,
    ...(refusal.field === undefined ? {} : { field: refusal.field }),
    requestId,
  };
}

/** Whatever a handler threw, as a refusal. What is not ours keeps its words from the asker: they are for the log. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof CallerError) return error.refusal;
  if (error instanceof BelfryError) {
    return refuse(error.code, error.code === 'internal' ? 'an invariant of Belfry does not hold' : error.message);
  }
  const status = statusOf(error);
  const text = error instanceof Error ? error.message : String(error);
  if (status !== undefined && status >= 400 && status < 500) return refuse(codeOfStatus(status), text);
  return refuse('internal', 'the request met a fault of Belfry; nothing more is said here');
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404) return 'unknown-address';
  if (status === 405) return 'method-not-allowed';
  if (status === 413) return 'too-large';
  if (status === 415) return 'wrong-media-type';
  if (status === 429) return 'too-many';
  return 'bad-body';
}
