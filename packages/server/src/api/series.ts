import type { Series } from '@belfry/contract';
import type { FastifyInstance } from 'fastify';
import { formatInstant } from '../domain/mod.ts';
import { CallerError, refuse, type Clock } from '../kernel/mod.ts';
import type { Registry } from '../registry/mod.ts';
import type { ObservationStore } from '../store/mod.ts';
import { idOf, instantOf, integerOf } from './parameters.ts';

export interface SeriesOptions {
  readonly registry: Registry;
  readonly store: ObservationStore;
  readonly clock: Clock;
}

const dayMillis = 86_400_000;

/** GET /series/<datastream id>: readings drawn together to as many points as a chart has room for. */
export async function seriesRoutes(app: FastifyInstance, options: SeriesOptions): Promise<void> {
  app.get<{ Params: { id: string } }>(
    '/series/:id',
    { config: { scope: 'read' } },
    async (request): Promise<Series> => {
      const datastreamId = idOf(request.params.id, 'id');
      if (options.registry.datastream(datastreamId) === undefined) {
        throw new CallerError(refuse('unknown-datastream', `there is no Datastream ${datastreamId}`));
      }
      const points = integerOf(request.query, 'points', { min: 1, max: 5_000, otherwise: 800 });
      const newest = options.store.extent(datastreamId)?.phenomenonEnd ?? options.clock.now();
      const to = instantOf(request.query, 'to') ?? newest + 1;
      const from = instantOf(request.query, 'from') ?? to - dayMillis;
      if (from >= to) throw new CallerError(refuse('bad-query', 'from must lie before to', 'from'));
      const bucketMillis = Math.max(1, Math.ceil((to - from) / points));
      const buckets = await options.store.series(datastreamId, from, to, bucketMillis);
      return {
        datastreamId,
        from: formatInstant(from),
        to: formatInstant(to),
        bucketMillis,
        time: buckets.map((bucket) => bucket.time),
        mean: buckets.map((bucket) => bucket.mean),
        min: buckets.map((bucket) => bucket.min),
        max: buckets.map((bucket) => bucket.max),
        count: buckets.map((bucket) => bucket.count),
      };
    },
  );
}
