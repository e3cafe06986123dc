import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AlertState } from '@belfry/contract';
import type { FastifyRequest } from 'fastify';
import pino, { type Logger } from 'pino';
import { openAccess } from '../access/mod.ts';
import { Gate, type Outcome } from '../admission/mod.ts';
import { openAlerts, type Alerts, type Place } from '../alerts/mod.ts';
import {
  alertsRoutes,
  capRoutes,
  consoleRoutes,
  healthRoutes,
  ingestRoutes,
  isSimulated,
  liveRoutes,
  metricsRoutes,
  overviewRoutes,
  rulesRoutes,
  seriesRoutes,
  type WatchedConsumer,
} from '../api/mod.ts';
import { judgeRegistration, type Observation } from '../domain/mod.ts';
import { isRefusal, refuse, StopList, systemClock, type Clock, type Refusal } from '../kernel/mod.ts';
import { openHttpListener, type Asker } from '../listeners/http/mod.ts';
import { openMqttListener, type MqttCounters, type MqttPrincipal } from '../listeners/mqtt/mod.ts';
import { openLive } from '../live/mod.ts';
import { openFileLog } from '../log/mod.ts';
import { openSqliteRegistry, type Registry } from '../registry/mod.ts';
import { openRules } from '../rules/mod.ts';
import { sensorThingsRoutes, type Corrections } from '../sensorthings/mod.ts';
import { openChdbStore, type ObservationStore } from '../store/mod.ts';
import { Admitter, type Rights } from './admitter.ts';
import type { Config } from './config.ts';
import { RemovalOutbox } from './removals.ts';
import { Subscriptions } from './subscriptions.ts';

export interface BelfryOptions {
  readonly config: Config;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** True where the readings come from a simulated town; the console then says so everywhere. */
  readonly simulated?: boolean;
}

/** A server that runs. */
export interface Belfry {
  /** Without a slash at the end. */
  readonly httpUrl: string;
  readonly mqttUrl: string;
  /** Takes no more, acknowledges what is durable, flushes, and closes everything in reverse order. */
  close(): Promise<void>;
}

const consoleDirectory = fileURLToPath(new URL('../../../console/dist', import.meta.url));
/** How long clients may take to hear of the end. */
const stopGraceMillis = 5_000;
/** What keeps a position in the log; nothing is deleted before all of them stand behind it. */
const consumerNames = ['store', 'rules', 'alerts'] as const;

/** Opens everything in the order that a reading takes, and registers each teardown at birth. */
export async function startBelfry(options: BelfryOptions): Promise<Belfry> {
  const { config, clock = systemClock } = options;
  const logger = options.logger ?? pino({ level: config.logging.level });
  const stops = new StopList();
  try {
    return await open(config, clock, logger, options.simulated ?? false, stops);
  } catch (error) {
    await stops
      .stop()
      .catch((failure: unknown) => logger.error({ err: failure }, 'cleaning up after a failed start failed'));
    throw error;
  }
}

async function open(
  config: Config,
  clock: Clock,
  logger: Logger,
  simulated: boolean,
  stops: StopList,
): Promise<Belfry> {
  const startedAt = clock.now();
  const { places } = config;
  await Promise.all(
    [places.dataDirectory, dirname(places.registry.path)].map((path) => mkdir(path, { recursive: true, mode: 0o700 })),
  );

  const log = await openFileLog({
    directory: places.log.path,
    clock,
    consumers: consumerNames,
    onNotice: (notice) => logger.warn({ ...notice }, `the log: ${notice.kind}`),
  });
  stops.add('log', () => log.close());

  const registry = await openSqliteRegistry({
    path: places.registry.path,
    clock,
    judge: (entity, body) => judgeRegistration(entity, body, config.watch.extraLimits),
  });
  stops.add('registry', () => registry.close());
  const outbox = new RemovalOutbox(registry, log);
  await outbox.move();

  const access = openAccess({ path: places.access, clock });
  stops.add('access', () => access.close());
  const admitter = new Admitter(access, config.access.open);

  const store = await openChdbStore({
    directory: places.observations.path,
    log,
    flushMillis: config.store.flushMillis,
    logger: logger.child({ part: 'store' }),
  });
  stops.add('store', () => store.close());

  const rules = openRules({ path: places.rules, log, registry, clock, logger: logger.child({ part: 'rules' }) });
  stops.add('rules', () => rules.close());

  const alerts = openAlerts({
    path: places.alerts,
    log,
    registry,
    clock,
    cap: {
      sender: config.cap.sender,
      senderName: config.cap.senderName,
      language: config.cap.language,
      status: config.cap.status,
      expiresMillis: config.cap.expiresSeconds * 1000,
    },
    positionOf: (thingId) => placeOf(registry, thingId),
    logger: logger.child({ part: 'alerts' }),
  });
  stops.add('alerts', () => alerts.close());

  const gate = new Gate({ log, registry, clock, ...config.admission });
  gate.open();
  stops.add('admission', () => gate.close());

  const live = openLive({ log, logger: logger.child({ part: 'live' }) });
  stops.add('live', () => live.close());

  const publicUrl = (request: FastifyRequest): string =>
    config.http.publicUrl ?? `${request.protocol}://${request.host}`;
  const addresses = { httpUrl: '', mqttUrl: '' };
  const counters = { mqtt: (): MqttCounters | undefined => undefined };
  const consumers = new Map<string, WatchedConsumer>([
    ['store', store],
    ['rules', rules],
    ['alerts', alerts],
  ]);
  const ingest = { gate, log, consumers, mqttConnections: () => counters.mqtt()?.connections ?? 0, clock, startedAt };
  const http = await openHttpListener({
    host: config.http.host,
    port: config.http.port,
    trustProxy: [...config.http.trustProxy],
    admission: gate,
    authenticate: async (token) => askerOf(admitter.admit(token)),
    logger: logger.child({ part: 'http' }),
    routes: async (app) => {
      await app.register(
        sensorThingsRoutes({
          registry,
          store,
          admission: gate,
          clock,
          corrections: correctionsOf(store, gate),
          serviceRoot: (request) => `${publicUrl(request)}/v1.1`,
          sourceOf: (request) => request.asker,
          removeObservations: () => outbox.move(),
          mqttEndpoints: () => [addresses.mqttUrl],
        }),
      );
      await app.register(overviewRoutes, { registry, store, clock, activeSeverity: (id) => alerts.activeSeverity(id) });
      await app.register(seriesRoutes, { registry, store, clock });
      await app.register(alertsRoutes, { alerts });
      await app.register(rulesRoutes, { rules });
      await app.register(capRoutes, {
        alerts,
        clock,
        baseUrl: () => addresses.httpUrl,
        senderName: config.cap.senderName,
      });
      await app.register(liveRoutes, { live, alerts, registry, clock, simulated });
      await app.register(ingestRoutes, ingest);
      await app.register(healthRoutes, { log, gate, consumers });
      await app.register(metricsRoutes, {
        ...ingest,
        openAlerts: () => openAlertCounts(alerts),
        mqttCounters: () => ({ ...counters.mqtt() }),
      });
      await app.register(consoleRoutes, { directory: consoleDirectory });
    },
  });
  stops.add('http', () => http.close());
  addresses.httpUrl = config.http.publicUrl ?? `http://${urlHost(config.http.host)}:${http.port}`;

  const subscriptions = new Subscriptions(live, registry, `${addresses.httpUrl}/v1.1`);
  const mqtt = await openMqttListener({
    host: config.mqtt.host,
    port: config.mqtt.port,
    admission: gate,
    authenticate: async ({ clientId, password }) => principalOf(admitter.admit(password?.toString('utf8')), clientId),
    relay: config.mqtt.relay,
    noSubscribe: config.mqtt.noSubscribe,
    limits: { keepAliveSecondsMax: config.mqtt.keepAliveSecondsMax },
    observe: (topic, deliver) => subscriptions.observe(topic, deliver),
    logger: logger.child({ part: 'mqtt' }),
    clock,
  });
  stops.add('mqtt', () => mqtt.close(stopGraceMillis));
  counters.mqtt = () => mqtt.counters;
  const stopWatching = access.onWithdrawn((id) => mqtt.endConnections(({ tokenId }) => tokenId === id));
  stops.add('watch on tokens', async () => stopWatching());
  addresses.mqttUrl = `mqtt://${urlHost(config.mqtt.host)}:${mqtt.port}`;

  logger.info(addresses, 'ready');
  return { ...addresses, close: () => stops.stop((name) => logger.debug(`closing ${name}`)) };
}

/** Corrections need what stands in the store, which admission does not know; here both are at hand. */
function correctionsOf(store: ObservationStore, gate: Gate): Corrections {
  const withCurrent = async (id: number, change: (current: Observation) => Outcome): Promise<Outcome> => {
    const current = await store.observation(id);
    return current === undefined ? refuse('unknown-entity', `there is no Observation ${id}`) : change(current);
  };
  return {
    patch: async (source, id, body) => await withCurrent(id, (current) => gate.correct(source, current, body)),
    remove: async (source, id) => await withCurrent(id, (current) => gate.withdraw(source, current)),
  };
}

/** Where a Thing is, for the area of a warning; its first Location with a geometry. */
async function placeOf(registry: Registry, thingId: number): Promise<Place | undefined> {
  const thing = await registry.get('Thing', thingId);
  if (thing === undefined) return undefined;
  const step = { entity: 'Thing', relation: 'Things', id: thingId } as const;
  const { entities } = await registry.list('Location', [step], { top: 1, skip: 0, count: false });
  return { geometry: entities[0]?.['location'], simulated: isSimulated(thing) };
}

function openAlertCounts(alerts: Alerts): { readonly pending: number; readonly active: number } {
  const count = (state: AlertState): number =>
    alerts.list({ states: [state], severities: [], thingIds: [], limit: 1 }).count;
  return { pending: count('pending'), active: count('active') };
}

function principalOf(rights: Rights | Refusal, clientId: string): MqttPrincipal | Refusal {
  return isRefusal(rights) ? rights : { ...rights, protocol: 'mqtt', name: clientId };
}

function askerOf(rights: Rights | Refusal): Asker | Refusal {
  return isRefusal(rights) ? rights : { ...rights, protocol: 'http' };
}

/** An address as it stands in a URL; one that means every network is reached as this machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
