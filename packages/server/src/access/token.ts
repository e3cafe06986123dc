import { createHash, randomBytes } from 'node:crypto';
import { quote, refuse, type Refusal } from '../kernel/mod.ts';

/**
 * What a token lets its holder do. They stand beside each other, so that a device's token can send and not read:
 * `read` reads everything, `write` sends Observations, `admin` does both and changes Things, rules and the rest.
 */
export const scopes = ['read', 'write', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What a good token proves. */
export interface Grant {
  readonly tokenId: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
}

/** True where the grant gives the right to act within `scope`; `admin` includes the others. */
export function allows(grant: Grant, scope: Scope): boolean {
  return grant.scopes.includes(scope) || grant.scopes.includes('admin');
}

/** A token as lists show it: everything but the secret, which nobody has any more. Times are milliseconds since 1970. */
export interface TokenRecord {
  readonly id: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** First letters of the secret after the prefix, to tell tokens apart. */
  readonly hint: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** At most a minute and a half old while a server runs. */
  readonly lastUsedAt: number | null;
  readonly revokedAt: number | null;
}

/** What is needed to make a token. */
export interface NewToken {
  /** 1 to 100 characters; at most one good token has it. */
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Milliseconds since 1970, or null for a token that lasts until it is revoked. */
  readonly expiresAt: number | null;
}

const prefix = 'belfry_';
const secretBytes = 32;
const hintLength = 4;
const nameLengthMax = 100;

/** A new secret: 256 random bits behind a prefix that scanners for leaked secrets can find. */
export function newSecret(): { readonly token: string; readonly hash: Buffer; readonly hint: string } {
  const secret = randomBytes(secretBytes).toString('base64url');
  const token = `${prefix}${secret}`;
  return { token, hash: hashOf(token), hint: secret.slice(0, hintLength) };
}

/**
 * What is kept instead of the token. A fast hash is enough, because the secret is random and not a password. It also makes
 * the look-up constant in time for an attacker: whoever guesses tokens cannot choose how far their hashes agree.
 */
export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** True for text that could be a token, so that anything else costs no look-up. */
export function looksLikeToken(text: string): boolean {
  return text.length === prefix.length + Math.ceil((secretBytes * 4) / 3) && text.startsWith(prefix);
}

/** The first thing wrong with what was asked for, or undefined. */
export function judgeNewToken(wanted: NewToken, now: number): Refusal | undefined {
  if (wanted.name === '' || wanted.name.length > nameLengthMax || /\p{Cc}|^\s|\s$/u.test(wanted.name)) {
    const detail = `a token's name has 1 to ${nameLengthMax} characters, none of them a control character, not ${quote(wanted.name)}`;
    return refuse('bad-body', detail, 'name');
  }
  // A name of digits only could not be told from an id when it is revoked.
  if (/^\d+$/.test(wanted.name))
    return refuse('bad-body', `the name ${quote(wanted.name)} reads like an id; add a letter`, 'name');
  if (wanted.scopes.length === 0) return refuse('bad-body', `a token needs a scope: ${scopes.join(', ')}`, 'scope');
  if (wanted.expiresAt !== null && wanted.expiresAt <= now)
    return refuse('bad-time', 'the token would have expired already', 'expires');
  return undefined;
}

export function isScopeName(text: string): text is Scope {
  return scopes.some((scope) => scope === text);
}
