import { recordKinds, rowBytesBound, writeRow, type DatastreamFacts, type Observation } from '../domain/mod.ts';
import { isRefusal, limits, quote, refuse, type Clock, type Refusal } from '../kernel/mod.ts';
import type { Log } from '../log/mod.ts';
import type { Registry } from '../registry/mod.ts';
import type { Admission, Outcome, Source } from './admission.ts';
import { emptyDraft, isJsonObject, judgeObservation, type JudgeBounds } from './draft.ts';
import { IngestRecord } from './ingest-record.ts';
import { Pressure } from './pressure.ts';

export interface GateOptions {
  readonly log: Log;
  readonly registry: Registry;
  readonly clock: Clock;
  /** How far ahead of the server's clock a phenomenonTime may lie. */
  readonly futureMillisMax: number;
  /** Whether results are held against the Datastream's observationType. */
  readonly strictTypes: boolean;
  /** Records that a consumer may be behind. */
  readonly consumerLagMax?: number;
}

const pressureMillis = 50;

/** The gate on a log and a registry. One a process: what it appends gets its id from the log's next sequence. */
export class Gate implements Admission {
  readonly record: IngestRecord;
  readonly #options: GateOptions;
  readonly #pressure: Pressure;
  readonly #row: Buffer = Buffer.allocUnsafe(limits.rowBytesMax * 2);
  readonly #draft = emptyDraft();
  readonly #bounds: { now: number; readonly futureMillisMax: number; readonly strictTypes: boolean };
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
    this.record = new IngestRecord(options.clock);
    this.#pressure = new Pressure(options.log, options.consumerLagMax);
    this.#bounds = { now: 0, futureMillisMax: options.futureMillisMax, strictTypes: options.strictTypes };
  }

  open(): void {
    this.#unsubscribe = this.#options.log.onDurable(() => this.#pressure.update());
    this.#timer = setInterval(() => this.#pressure.update(), pressureMillis);
    this.#timer.unref();
  }

  close(): void {
    this.#unsubscribe?.();
    clearInterval(this.#timer);
  }

  get pressed(): boolean {
    return this.#pressure.pressed;
  }

  onPressure(listener: (pressed: boolean) => void): () => void {
    return this.#pressure.changed.subscribe(listener);
  }

  get durableSequence(): number {
    return this.#options.log.durableSequence;
  }

  onDurable(listener: (durableSequence: number) => void): () => void {
    return this.#options.log.onDurable(listener);
  }

  async whenAcknowledged(sequence: number, signal?: AbortSignal): Promise<void> {
    await this.#options.log.whenDurable(sequence + 1, signal);
  }

  recordRefusal(source: Source, refusal: Refusal, datastreamId: number | null): void {
    const thingId = datastreamId === null ? null : (this.#options.registry.datastream(datastreamId)?.thingId ?? null);
    this.record.refuse(source, refusal, datastreamId, thingId);
  }

  submit(source: Source, datastreamId: number, body: unknown): Outcome | Promise<Outcome> {
    const outcome = this.#admit(source, datastreamId, body);
    if (typeof outcome === 'number') {
      this.record.accept(source.protocol, this.#bounds.now);
      return outcome;
    }
    return this.#settle(source, datastreamId, outcome);
  }

  submitNamed(source: Source, body: unknown): Outcome | Promise<Outcome> {
    const datastream = isJsonObject(body) ? body['Datastream'] : undefined;
    if (datastream === undefined || datastream === null) {
      return this.#refused(source, null, refuse('missing-field', 'an Observation needs a Datastream', '/Datastream'));
    }
    const id = isJsonObject(datastream) ? datastream['@iot.id'] : undefined;
    if (typeof id === 'number') return this.submit(source, id, body);
    if (id !== undefined) {
      const fault = refuse('unknown-datastream', `there is no Datastream ${quote(id)}`, '/Datastream/@iot.id');
      return this.#refused(source, null, fault);
    }
    return this.#withNewDatastream(source, datastream, body);
  }

  /** PATCH of an Observation: the changed members of `body` over what is stored, as a new version in the log. */
  correct(source: Source, current: Observation, body: unknown): Outcome {
    const facts = this.#options.registry.datastream(current.datastreamId);
    if (facts === undefined) return this.#refused(source, null, unknownDatastream(current.datastreamId));
    const outcome = this.#correct(source, current, body, facts);
    return typeof outcome === 'number' ? outcome : this.#refused(source, current.datastreamId, outcome);
  }

  /** DELETE of an Observation: a tombstone in the log. */
  withdraw(source: Source, current: Observation): Outcome {
    if (!source.mayWrite) return this.#refused(source, current.datastreamId, notAllowed(source));
    const outcome = this.#appendVersion({ ...current, deleted: true });
    return typeof outcome === 'number' ? outcome : this.#refused(source, current.datastreamId, outcome);
  }

  /** The steps of the gate in their order: may, known, judged, stamped with a feature, appended. */
  #admit(source: Source, datastreamId: number, body: unknown): Outcome | Promise<Outcome> {
    if (!source.mayWrite) return notAllowed(source);
    const facts = this.#options.registry.datastream(datastreamId);
    if (facts === undefined) return unknownDatastream(datastreamId);
    const fault = judgeObservation(this.#draft, body, facts, this.#boundsNow());
    if (fault !== undefined) return fault;
    const feature = this.#featureOf(body, facts);
    if (typeof feature !== 'number') return isRefusal(feature) ? feature : this.#admitWith(feature, facts, body);
    this.#draft.featureOfInterestId = feature;
    return this.#append(this.#draft);
  }

  /** The rare way: a FeatureOfInterest had to be made. The draft may be another message's by then, so it is judged anew. */
  async #admitWith(feature: Promise<number | Refusal>, facts: DatastreamFacts, body: unknown): Promise<Outcome> {
    const id = await feature;
    if (typeof id !== 'number') return id;
    const fault = judgeObservation(this.#draft, body, facts, this.#boundsNow());
    if (fault !== undefined) return fault;
    this.#draft.featureOfInterestId = id;
    return this.#append(this.#draft);
  }

  #featureOf(body: unknown, facts: DatastreamFacts): number | Refusal | Promise<number | Refusal> {
    const { registry } = this.#options;
    const feature = isJsonObject(body) ? body['FeatureOfInterest'] : undefined;
    if (feature === undefined || feature === null) {
      return facts.featureOfInterestId === 0 ? registry.generateFeatureOfInterest(facts.id) : facts.featureOfInterestId;
    }
    const id = isJsonObject(feature) ? feature['@iot.id'] : undefined;
    if (id === undefined) return registry.create('FeatureOfInterest', feature, []);
    if (typeof id === 'number' && registry.hasFeatureOfInterest(id)) return id;
    return refuse('unknown-feature', `there is no FeatureOfInterest ${quote(id)}`, '/FeatureOfInterest/@iot.id');
  }

  #append(observation: Observation & { id: number }): number | Refusal {
    const { log } = this.#options;
    const sequence = log.nextSequence;
    observation.id = sequence;
    const end = writeRow(this.#row, 0, observation);
    return log.append(recordKinds.observations, this.#row, 0, end) === 0 ? this.#logRefusal() : sequence;
  }

  #logRefusal(): Refusal {
    const { trouble } = this.#options.log;
    if (trouble !== null) return refuse('log-failed', trouble);
    return refuse('busy', 'the log has more waiting for the disk than it may hold');
  }

  #correct(source: Source, current: Observation, body: unknown, facts: DatastreamFacts): Outcome {
    if (!source.mayWrite) return notAllowed(source);
    if (!isJsonObject(body))
      return refuse('bad-body', `a change of an Observation is a JSON object, not ${quote(body)}`);
    const merged = emptyDraft();
    // A body without a result is legal here; judging one needs it, so the stored one stands in and is put back.
    const fault = judgeObservation(merged, { result: null, ...body }, facts, this.#boundsNow());
    if (fault !== undefined) return fault;
    const feature = this.#correctedFeature(body, current);
    if (typeof feature !== 'number') return feature;
    merged.featureOfInterestId = feature;
    merged.id = current.id;
    if (!('result' in body)) {
      merged.resultKind = current.resultKind;
      merged.resultNumber = current.resultNumber;
      merged.resultText = current.resultText;
    }
    if (!('phenomenonTime' in body)) {
      merged.phenomenonStart = current.phenomenonStart;
      merged.phenomenonEnd = current.phenomenonEnd;
    }
    if (!('resultTime' in body)) merged.resultTime = current.resultTime;
    if (!('validTime' in body)) {
      merged.validStart = current.validStart;
      merged.validEnd = current.validEnd;
    }
    if (!('resultQuality' in body)) merged.resultQuality = current.resultQuality;
    if (!('parameters' in body)) merged.parameters = current.parameters;
    // The time is part of the table's key: the row at the old time must go when it changes.
    if (merged.phenomenonStart !== current.phenomenonStart) {
      const gone = this.#appendVersion({ ...current, deleted: true });
      if (typeof gone !== 'number') return gone;
    }
    return this.#appendVersion(merged);
  }

  #correctedFeature(body: { readonly [key: string]: unknown }, current: Observation): number | Refusal {
    const datastream = body['Datastream'];
    if (isJsonObject(datastream) && datastream['@iot.id'] !== current.datastreamId) {
      return refuse('bad-body', 'an Observation stays with its Datastream; delete it and send it anew', '/Datastream');
    }
    const feature = body['FeatureOfInterest'];
    if (feature === undefined) return current.featureOfInterestId;
    const id = isJsonObject(feature) ? feature['@iot.id'] : undefined;
    if (typeof id === 'number' && this.#options.registry.hasFeatureOfInterest(id)) return id;
    return refuse('unknown-feature', `there is no FeatureOfInterest ${quote(id)}`, '/FeatureOfInterest');
  }

  #appendVersion(observation: Observation): number | Refusal {
    const { log } = this.#options;
    const version = log.nextSequence;
    if (rowBytesBound(observation) > this.#row.length) return refuse('too-large', 'the Observation is too large');
    const end = writeRow(this.#row, 0, { ...observation, version });
    return log.append(recordKinds.observations, this.#row, 0, end) === 0 ? this.#logRefusal() : version;
  }

  async #withNewDatastream(source: Source, datastream: unknown, body: unknown): Promise<Outcome> {
    const { registry } = this.#options;
    if (source.mayAdminister !== true) {
      const fault = refuse(
        'not-allowed',
        `${quote(source.name)} may not register a Datastream; the scope admin is needed`,
      );
      return this.#refused(source, null, fault);
    }
    const id = await registry.create('Datastream', datastream, []);
    if (typeof id !== 'number') return this.#refused(source, null, id);
    const outcome = await this.submit(source, id, body);
    // A deep insert is all or nothing (18-088, 10.2.3).
    if (typeof outcome !== 'number') await registry.remove('Datastream', id);
    return outcome;
  }

  #settle(source: Source, datastreamId: number, outcome: Refusal | Promise<Outcome>): Refusal | Promise<Outcome> {
    if (!(outcome instanceof Promise)) return this.#refused(source, datastreamId, outcome);
    return outcome.then((settled) => {
      if (typeof settled !== 'number') return this.#refused(source, datastreamId, settled);
      this.record.accept(source.protocol, this.#options.clock.now());
      return settled;
    });
  }

  #refused(source: Source, datastreamId: number | null, refusal: Refusal): Refusal {
    this.recordRefusal(source, refusal, datastreamId);
    return refusal;
  }

  #boundsNow(): JudgeBounds {
    this.#bounds.now = this.#options.clock.now();
    return this.#bounds;
  }
}

function notAllowed(source: Source): Refusal {
  return refuse('not-allowed', `${quote(source.name)} may not write Observations; the scope write is needed`);
}

function unknownDatastream(id: number): Refusal {
  return refuse('unknown-datastream', `there is no Datastream ${id}`);
}
