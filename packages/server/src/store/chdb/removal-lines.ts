import type { Removal } from '../../domain/mod.ts';
import { BrokenInvariant } from '../../kernel/mod.ts';

/** The lines of a frame of removals. They were written by Belfry, so anything else in them is a broken invariant. */
export function parseRemovals(payload: Buffer): Removal[] {
  const removals: Removal[] = [];
  for (const line of payload.toString('utf8').split('\n')) {
    if (line === '') continue;
    const value: unknown = JSON.parse(line);
    if (
      typeof value !== 'object' ||
      value === null ||
      !('datastreamIds' in value) ||
      !('featureOfInterestIds' in value)
    ) {
      throw new BrokenInvariant(`a removal record holds ${line.slice(0, 200)}`);
    }
    removals.push({
      datastreamIds: ids(value.datastreamIds),
      featureOfInterestIds: ids(value.featureOfInterestIds),
    });
  }
  return removals;
}

function ids(value: unknown): number[] {
  if (!Array.isArray(value)) throw new BrokenInvariant('a removal record holds no list of ids');
  return value.map((id: unknown) => {
    if (typeof id !== 'number' || !Number.isSafeInteger(id)) throw new BrokenInvariant('a removal record holds no id');
    return id;
  });
}
