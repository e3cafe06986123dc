/** Follows resource paths through the registry and the store: each step must belong to the one before (18-088, 9.2). */
import { entityModel, type EntityName, type Observation } from '../domain/mod.ts';
import { CallerError, refuse } from '../kernel/mod.ts';
import type { PathStep, Registry } from '../registry/mod.ts';
import type { ObservationStore } from '../store/mod.ts';

/** What stands at the end of a path. */
export type Found =
  | { readonly kind: 'entity'; readonly entity: EntityName; readonly id: number }
  | { readonly kind: 'observation'; readonly observation: Observation };

/** Throws CallerError (`unknown-entity`) where the path leads nowhere. */
export async function walk(path: readonly PathStep[], registry: Registry, store: ObservationStore): Promise<Found> {
  /** Steps that the registry can follow by itself. */
  let steps: PathStep[] = [];
  let observation: Observation | undefined;
  for (const step of path) {
    if (step.entity === 'Observation') {
      const parent = steps.length === 0 ? undefined : await registryId(steps, registry, path);
      observation = step.id === undefined ? undefined : await store.observation(step.id);
      if (observation === undefined || !belongs(observation, steps.at(-1)?.entity, parent)) throw nowhere(path);
      steps = [];
    } else if (observation === undefined) {
      steps.push(step);
    } else {
      const id = step.entity === 'Datastream' ? observation.datastreamId : observation.featureOfInterestId;
      steps.push({ entity: step.entity, relation: entityModel[step.entity].set, id });
      observation = undefined;
    }
  }
  if (observation !== undefined) return { kind: 'observation', observation };
  const last = steps.at(-1);
  if (last === undefined) throw nowhere(path);
  return { kind: 'entity', entity: last.entity, id: await registryId(steps, registry, path) };
}

/** The path of one step that names an entity at the root. */
export function rootPath(entity: EntityName, id: number): readonly PathStep[] {
  return [{ entity, relation: entityModel[entity].set, id }];
}

async function registryId(steps: readonly PathStep[], registry: Registry, path: readonly PathStep[]): Promise<number> {
  const id = await registry.resolve(steps);
  if (id === undefined) throw nowhere(path);
  return id;
}

function belongs(observation: Observation, parent: EntityName | undefined, id: number | undefined): boolean {
  if (parent === undefined) return true;
  return (parent === 'Datastream' ? observation.datastreamId : observation.featureOfInterestId) === id;
}

function nowhere(path: readonly PathStep[]): CallerError {
  const text = path.map(({ relation, id }) => (id === undefined ? relation : `${relation}(${id})`)).join('/');
  return new CallerError(refuse('unknown-entity', `there is no ${text.slice(0, 200)}`));
}
