import type { ConsumerPosition, IngestReport } from '@belfry/contract';
import type { FastifyInstance } from 'fastify';
import type { Gate } from '../admission/mod.ts';
import { formatInstant } from '../domain/mod.ts';
import type { Clock } from '../kernel/mod.ts';
import type { Log } from '../log/mod.ts';
import { idOf, single } from './parameters.ts';

/** A consumer of the log, as much as reports need of it. */
export interface WatchedConsumer {
  /** It has handled everything below this sequence. */
  readonly position: number;
  /** Null while it works. */
  readonly trouble: string | null;
}

export interface IngestOptions {
  readonly gate: Gate;
  readonly log: Log;
  /** By name, in the order that readings reach them. */
  readonly consumers: ReadonlyMap<string, WatchedConsumer>;
  readonly mqttConnections: () => number;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** GET /ingest: what comes in, what is refused and why, and how far behind each consumer is. */
export async function ingestRoutes(app: FastifyInstance, options: IngestOptions): Promise<void> {
  app.get('/ingest', { config: { scope: 'read' } }, async (request): Promise<IngestReport> => {
    const thing = single(request.query, 'thing');
    const { gate, log } = options;
    return {
      serverTime: formatInstant(options.clock.now()),
      startedAt: formatInstant(options.startedAt),
      accepted: { ...gate.record.accepted },
      refused: { ...gate.record.refused },
      refusedByCode: { ...gate.record.refusedByCode },
      perSecond: gate.record.perSecond(),
      mqttConnections: options.mqttConnections(),
      log: { durableSequence: log.durableSequence, bytes: log.bytes, trouble: log.trouble },
      consumers: [...options.consumers].map(([name, consumer]) => positionOf(name, consumer, log)),
      pressed: gate.pressed,
      refusals: [...gate.record.refusals(thing === undefined ? undefined : idOf(thing, 'thing'))],
    };
  });
}

function positionOf(name: string, consumer: WatchedConsumer, log: Log): ConsumerPosition {
  return {
    name,
    position: consumer.position,
    lag: Math.max(0, log.durableSequence - consumer.position),
    trouble: consumer.trouble,
  };
}
