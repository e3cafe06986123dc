import { allows, type Access, type Grant } from '../access/mod.ts';
import { refuse, type Refusal } from '../kernel/mod.ts';

/** The rights of one who asks, whatever protocol they speak. */
export interface Rights {
  readonly name: string;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
  readonly mayAdminister: boolean;
  /** Of the token; null in open mode. */
  readonly tokenId: number | null;
}

/** Says who may get in: everybody where access is open, else the holder of a good token. One answer for all protocols. */
export class Admitter {
  readonly #access: Access;
  readonly #open: boolean;

  constructor(access: Access, open: boolean) {
    this.#access = access;
    this.#open = open;
  }

  /** @param token undefined where none was given */
  admit(token: string | undefined): Rights | Refusal {
    if (this.#open) return { name: 'open access', mayRead: true, mayWrite: true, mayAdminister: true, tokenId: null };
    if (token === undefined || token === '') return refuse('not-signed-in', 'no token was sent');
    const grant = this.#access.verify(token);
    return grant === undefined ? refuse('not-signed-in', 'the token is unknown, expired or revoked') : rightsOf(grant);
  }
}

function rightsOf(grant: Grant): Rights {
  return {
    name: grant.name,
    mayRead: allows(grant, 'read'),
    mayWrite: allows(grant, 'write'),
    mayAdminister: allows(grant, 'admin'),
    tokenId: grant.tokenId,
  };
}
