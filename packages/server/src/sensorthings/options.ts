import type { FastifyRequest } from 'fastify';
import type { Admission, Outcome, Source } from '../admission/mod.ts';
import type { Clock } from '../kernel/mod.ts';
import type { Registry } from '../registry/mod.ts';
import type { ObservationStore } from '../store/mod.ts';

/** Changes of single Observations. The outcome's number is the sequence of the log record to wait for. */
export interface Corrections {
  /** PATCH: the members of `body` over what is stored. */
  patch(source: Source, id: number, body: unknown): Promise<Outcome>;
  remove(source: Source, id: number): Promise<Outcome>;
}

export interface SensorThingsOptions {
  readonly registry: Registry;
  readonly store: ObservationStore;
  readonly admission: Admission;
  readonly corrections: Corrections;
  readonly clock: Clock;
  /** Absolute address of the service, `http://host:8080/v1.1`, without a slash at its end. */
  readonly serviceRoot: (request: FastifyRequest) => string;
  readonly sourceOf: (request: FastifyRequest) => Source;
  /** Called after a delete: moves `registry.pendingRemovals()` into the log. */
  readonly removeObservations: () => Promise<void>;
  /** Addresses under which Observations can be published, `mqtt://host:1883`; the landing page names them. */
  readonly mqttEndpoints?: (request: FastifyRequest) => readonly string[];
}
