import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Counter, Gauge, Registry as MetricRegistry } from 'prom-client';
import type { IngestOptions } from './ingest.ts';

export interface MetricsOptions extends IngestOptions {
  /** Alerts that are open now, by state. */
  readonly openAlerts: () => { readonly pending: number; readonly active: number };
  /** Counters of the MQTT listener, by name. */
  readonly mqttCounters: () => Readonly<Record<string, number>>;
}

/** GET /metrics in the text format of Prometheus. Values are read when asked for, so that the hot path pays nothing. */
export async function metricsRoutes(app: FastifyInstance, options: MetricsOptions): Promise<void> {
  const register = new MetricRegistry();
  collectDefaultMetrics({ register });
  registerIngest(register, options);
  registerLog(register, options);
  registerGauge(register, 'belfry_mqtt_connections', 'MQTT connections that are open.', options.mqttConnections);
  register.registerMetric(
    new Gauge({
      name: 'belfry_alerts_open',
      help: 'Alerts that are open, by state.',
      labelNames: ['state'],
      registers: [],
      collect() {
        const open = options.openAlerts();
        this.set({ state: 'pending' }, open.pending);
        this.set({ state: 'active' }, open.active);
      },
    }),
  );
  register.registerMetric(
    new Counter({
      name: 'belfry_mqtt_events_total',
      help: 'Events of the MQTT listener, by kind.',
      labelNames: ['event'],
      registers: [],
      collect() {
        this.reset();
        for (const [event, count] of Object.entries(options.mqttCounters())) this.inc({ event }, count);
      },
    }),
  );
  app.get('/metrics', { config: { scope: 'read' } }, async (_request, reply) => {
    return reply.type(register.contentType).send(await register.metrics());
  });
}

function registerIngest(register: MetricRegistry, { gate }: MetricsOptions): void {
  register.registerMetric(
    new Counter({
      name: 'belfry_observations_accepted_total',
      help: 'Observations that were taken into the log, by protocol.',
      labelNames: ['protocol'],
      registers: [],
      collect() {
        this.reset();
        this.inc({ protocol: 'mqtt' }, gate.record.accepted.mqtt);
        this.inc({ protocol: 'http' }, gate.record.accepted.http);
      },
    }),
  );
  register.registerMetric(
    new Counter({
      name: 'belfry_observations_refused_total',
      help: 'Messages that were refused, by error code.',
      labelNames: ['code'],
      registers: [],
      collect() {
        this.reset();
        for (const [code, count] of Object.entries(gate.record.refusedByCode)) this.inc({ code }, count);
      },
    }),
  );
  registerGauge(register, 'belfry_ingest_pressed', 'Whether listeners have stopped reading.', () =>
    gate.pressed ? 1 : 0,
  );
}

function registerLog(register: MetricRegistry, { log, consumers }: MetricsOptions): void {
  registerGauge(
    register,
    'belfry_log_durable_sequence',
    'Every record below it is durable.',
    () => log.durableSequence,
  );
  registerGauge(register, 'belfry_log_bytes', 'Bytes of the log on disk.', () => log.bytes);
  registerGauge(register, 'belfry_log_failed', 'Whether the log cannot be written.', () =>
    log.trouble === null ? 0 : 1,
  );
  register.registerMetric(
    new Gauge({
      name: 'belfry_consumer_lag',
      help: 'Records that a consumer of the log is behind.',
      labelNames: ['consumer'],
      registers: [],
      collect() {
        for (const [name, consumer] of consumers) {
          this.set({ consumer: name }, Math.max(0, log.durableSequence - consumer.position));
        }
      },
    }),
  );
}

function registerGauge(register: MetricRegistry, name: string, help: string, read: () => number): void {
  register.registerMetric(
    new Gauge({
      name,
      help,
      registers: [],
      collect() {
        this.set(read());
      },
    }),
  );
}
