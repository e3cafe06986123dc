import type { EntityName } from '../../domain/mod.ts';

/** The entities that a change touched, by kind: what is held in memory about them is read again after the commit. */
export class Touched {
  readonly #ids = new Map<EntityName, Set<number>>();

  add(entity: EntityName, id: number): void {
    const ids = this.#ids.get(entity);
    if (ids === undefined) this.#ids.set(entity, new Set([id]));
    else ids.add(id);
  }

  of(entity: EntityName): number[] {
    return [...(this.#ids.get(entity) ?? [])];
  }
}
