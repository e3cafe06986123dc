import { errorCodes, type ErrorCode } from '@belfry/contract';

/**
 * A no to a message or request, as a value: an expected outcome that listeners answer, count and keep for the console.
 * Title, status and general remedy follow from the code (packages/contract/src/error-codes.ts).
 */
export interface Refusal {
  readonly kind: 'refusal';
  readonly code: ErrorCode;
  /** What is wrong here, with the offending value, cut to a readable length. */
  readonly detail: string;
  /** JSON pointer or query option at fault. */
  readonly field?: string;
}

export function refuse(code: ErrorCode, detail: string, field?: string): Refusal {
  return field === undefined ? { kind: 'refusal', code, detail } : { kind: 'refusal', code, detail, field };
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'refusal';
}

/** Base of everything that Belfry throws. `party` in the code's facts says who must act. */
export class BelfryError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The asker must act. Thrown only where a return value cannot travel (inside libraries' callbacks). */
export class CallerError extends BelfryError {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code, refusal.detail);
    this.refusal = refusal;
  }
}

/** The world around Belfry failed: a disk, a network, a peer. */
export class OutsideError extends BelfryError {}

/** Our own fault: an invariant does not hold. Never caught to go on. */
export class BrokenInvariant extends BelfryError {
  constructor(message: string, options?: ErrorOptions) {
    super('internal', message, options);
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (condition !== true) throw new BrokenInvariant(message);
}

/** The status, title and remedy that belong to a refusal's code. */
export function factsOf(code: ErrorCode): (typeof errorCodes)[ErrorCode] {
  return errorCodes[code];
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A value as it stands in an error message: JSON, cut to 80 characters. */
export function quote(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = String(value);
  }
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
