/** POST, PATCH, PUT and DELETE (18-088, 10): entities of the registry here, Observations by the ObservationWriter. */
import type { Source } from '../admission/mod.ts';
import { CallerError, isRefusal, quote, refuse } from '../kernel/mod.ts';
import type { PathStep, UpdateMode } from '../registry/mod.ts';
import type { LinkedEntity } from './entity-json.ts';
import type { ObservationWriter } from './observation-writer.ts';
import type { SensorThingsOptions } from './options.ts';
import type { Resource } from './path.ts';
import type { Reader } from './reader.ts';
import { rootPath } from './walk.ts';

type Collection = Extract<Resource, { kind: 'collection' }>;

export class EntityWriter {
  readonly #options: SensorThingsOptions;
  readonly #reader: Reader;
  readonly #observations: ObservationWriter;

  constructor(options: SensorThingsOptions, reader: Reader, observations: ObservationWriter) {
    this.#options = options;
    this.#reader = reader;
    this.#observations = observations;
  }

  /** The new entity as GET gives it. Throws CallerError. */
  async create(source: Source, resource: Collection, body: unknown, root: string): Promise<LinkedEntity> {
    const parent = resource.parent.length === 0 ? undefined : await this.#reader.walk(resource.parent);
    if (resource.entity === 'Observation') return await this.#observations.create(source, parent, body, root);
    requireWrite(source);
    const path = parent?.kind === 'entity' ? rootPath(parent.entity, parent.id) : [];
    const inserted = await this.#options.registry.insert(resource.entity, body, path);
    if (isRefusal(inserted)) throw new CallerError(inserted);
    await this.#observations.createPlaced(source, inserted);
    return await this.#reader.linked({ kind: 'entity', entity: resource.entity, id: inserted.id }, root);
  }

  /** The entity as it is afterwards. Throws CallerError. */
  async update(
    source: Source,
    path: readonly PathStep[],
    body: unknown,
    mode: UpdateMode,
    root: string,
  ): Promise<LinkedEntity> {
    const found = await this.#reader.walk(path);
    if (found.kind === 'observation') {
      const { id } = found.observation;
      return mode === 'replace'
        ? await this.#observations.put(source, id, body, root)
        : await this.#observations.patch(source, id, body, root);
    }
    requireWrite(source);
    const outcome = await this.#options.registry.update(found.entity, found.id, body, mode);
    if (isRefusal(outcome)) throw new CallerError(outcome);
    return await this.#reader.linked(found, root);
  }

  async remove(source: Source, path: readonly PathStep[]): Promise<void> {
    const found = await this.#reader.walk(path);
    if (found.kind === 'observation') {
      await this.#observations.remove(source, found.observation.id);
      return;
    }
    requireWrite(source);
    if (!(await this.#options.registry.remove(found.entity, found.id))) {
      throw new CallerError(refuse('unknown-entity', `there is no ${found.entity} ${found.id}`));
    }
    await this.#options.removeObservations();
  }
}

/** The route asks for the scope already; a gate that depends on its caller would be no gate. */
function requireWrite(source: Source): void {
  if (source.mayWrite) return;
  throw new CallerError(
    refuse('not-allowed', `${quote(source.name)} may not change entities; the scope write is needed`),
  );
}
