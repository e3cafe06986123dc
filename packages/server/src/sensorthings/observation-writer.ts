/** Creates, corrects and deletes Observations: everything goes through admission and is answered once the log has it. */
import type { Outcome, Source } from '../admission/mod.ts';
import { formatInstant, type EntityName } from '../domain/mod.ts';
import { CallerError, isRefusal, quote, refuse, type Refusal } from '../kernel/mod.ts';
import type { Inserted, PlacedObservation } from '../registry/mod.ts';
import { acceptedObservationJson, observationJson, type LinkedEntity } from './entity-json.ts';
import type { SensorThingsOptions } from './options.ts';
import type { Found } from './walk.ts';

type Members = Readonly<Record<string, unknown>>;

export class ObservationWriter {
  readonly #options: SensorThingsOptions;

  constructor(options: SensorThingsOptions) {
    this.#options = options;
  }

  /** @param parent what the collection hangs on, undefined at the root */
  async create(source: Source, parent: Found | undefined, body: unknown, root: string): Promise<LinkedEntity> {
    const { admission, clock } = this.#options;
    // The time of receipt is written into the body, so that the answer says exactly what was stored.
    const stamped = isMembers(body) ? stamp(body, clock.now()) : {};
    // What is no object is refused by admission, which also keeps the refusal.
    const id = accepted(await this.#submit(source, parent, isMembers(body) ? stamped : body));
    await admission.whenAcknowledged(id);
    return acceptedObservationJson(id, stamped, root);
  }

  /** The Observations of a deep insert. The first that is refused takes the whole insert back (18-088, 10.2.3). */
  async createPlaced(source: Source, inserted: Inserted): Promise<void> {
    const { admission, registry, removeObservations } = this.#options;
    let newest = 0;
    for (const placed of inserted.observations) {
      const outcome = await this.#submitPlaced(source, placed);
      if (isRefusal(outcome)) {
        await registry.undo(inserted);
        await removeObservations();
        throw new CallerError(refuse(outcome.code, outcome.detail, `${placed.pointer}${outcome.field ?? ''}`));
      }
      newest = Math.max(newest, outcome);
    }
    if (newest > 0) await admission.whenAcknowledged(newest);
  }

  async patch(source: Source, id: number, body: unknown, root: string): Promise<LinkedEntity> {
    const { admission, corrections, store } = this.#options;
    await admission.whenAcknowledged(accepted(await corrections.patch(source, id, body)));
    const observation = await store.observation(id);
    if (observation === undefined) throw new CallerError(refuse('unknown-entity', `there is no Observation ${id}`));
    return observationJson(observation, root);
  }

  /** PUT (18-088, 10.3.2): what may be absent and is absent goes; links may stay unsaid. */
  async put(source: Source, id: number, body: unknown, root: string): Promise<LinkedEntity> {
    if (isMembers(body)) {
      for (const name of ['phenomenonTime', 'result']) {
        if (Object.hasOwn(body, name)) continue;
        throw new CallerError(refuse('missing-field', `an Observation needs ${name}`, `/${name}`));
      }
    }
    const cleared = { resultTime: null, resultQuality: null, validTime: null, parameters: null };
    return await this.patch(source, id, isMembers(body) ? { ...cleared, ...body } : body, root);
  }

  async remove(source: Source, id: number): Promise<void> {
    const { admission, corrections } = this.#options;
    await admission.whenAcknowledged(accepted(await corrections.remove(source, id)));
  }

  async #submitPlaced(source: Source, placed: PlacedObservation): Promise<Outcome> {
    const { entity, id } = placed.parent;
    return await this.#submit(source, { kind: 'entity', entity, id }, placed.body);
  }

  async #submit(source: Source, parent: Found | undefined, body: unknown): Promise<Outcome> {
    const { admission } = this.#options;
    if (parent === undefined || parent.kind === 'observation') return await admission.submitNamed(source, body);
    const { entity, id } = parent;
    const conflict = conflictOf(entity, id, body);
    if (conflict !== undefined) {
      admission.recordRefusal(source, conflict, entity === 'Datastream' ? id : null);
      return conflict;
    }
    if (entity === 'Datastream') return await admission.submit(source, id, body);
    return await admission.submitNamed(source, isMembers(body) ? { ...body, [entity]: { '@iot.id': id } } : body);
  }
}

/** A body that names another parent than its address does. */
function conflictOf(entity: EntityName, id: number, body: unknown): Refusal | undefined {
  const named = isMembers(body) ? body[entity] : undefined;
  if (named === undefined || (isMembers(named) && named['@iot.id'] === id)) return undefined;
  return refuse('conflict', `the Observation goes to ${entity} ${id} and names ${quote(named)}`, `/${entity}`);
}

function stamp(body: Members, now: number): Members {
  return Object.hasOwn(body, 'phenomenonTime') ? body : { ...body, phenomenonTime: formatInstant(now) };
}

function accepted(outcome: Outcome): number {
  if (isRefusal(outcome)) throw new CallerError(outcome);
  return outcome;
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
