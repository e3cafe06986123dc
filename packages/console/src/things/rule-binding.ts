import type { DatastreamSummary, Rule } from '@belfry/contract';

/**
 * The rules that watch a Datastream, lowest threshold first. `definition` is that of its ObservedProperty; null while it
 * is not known, and then rules that bind by a definition are left out.
 */
export function rulesOf(
  rules: readonly Rule[],
  datastream: Pick<DatastreamSummary, 'id' | 'observedPropertyId'>,
  definition: string | null,
): readonly Rule[] {
  return rules
    .filter(({ enabled, binding }) => {
      if (!enabled) return false;
      if (binding.datastreamIds !== undefined) return binding.datastreamIds.includes(datastream.id);
      if (binding.observedPropertyId !== undefined) return binding.observedPropertyId === datastream.observedPropertyId;
      return definition !== null && binding.observedPropertyDefinition === definition;
    })
    .sort((a, b) => a.raise - b.raise);
}
