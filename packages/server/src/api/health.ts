import type { FastifyInstance } from 'fastify';
import type { Log } from '../log/mod.ts';
import type { Gate } from '../admission/mod.ts';
import type { WatchedConsumer } from './ingest.ts';

export interface HealthOptions {
  readonly log: Log;
  readonly gate: Gate;
  readonly consumers: ReadonlyMap<string, WatchedConsumer>;
}

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * GET /healthz says that the process runs. GET /readyz says whether it can do its work, each check in words with what to do;
 * 503 when one fails. Both are open: they name no Thing and no value.
 */
export async function healthRoutes(app: FastifyInstance, options: HealthOptions): Promise<void> {
  app.get('/healthz', { config: { scope: 'none' } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { config: { scope: 'none' } }, async (_request, reply) => {
    const checks = readiness(options);
    const ready = checks.every((check) => check.ok);
    return reply.status(ready ? 200 : 503).send({ ready, checks });
  });
}

function readiness({ log, gate, consumers }: HealthOptions): Check[] {
  return [
    { name: 'log', ok: log.trouble === null, detail: log.trouble ?? `durable up to ${log.durableSequence}` },
    {
      name: 'ingest',
      ok: !gate.pressed,
      detail: gate.pressed
        ? 'Listeners have stopped reading until a consumer has caught up; GET /ingest says which.'
        : 'listeners are reading',
    },
    ...[...consumers].map(([name, consumer]) => ({
      name,
      ok: consumer.trouble === null,
      detail: consumer.trouble ?? `at ${consumer.position} of ${log.durableSequence}`,
    })),
  ];
}
