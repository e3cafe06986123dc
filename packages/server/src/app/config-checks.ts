import { isIPv4 } from 'node:net';
import { faultsOfPeopleLimits } from '../domain/mod.ts';
import { relayFault } from '../listeners/mqtt/mod.ts';
import type { Settings } from './config-schema.ts';
import { shownValue, type ConfigFault } from './config-sources.ts';

/** Faults that only several settings together, or the words inside one, can have. */
export function crossFaults(settings: Settings, originOf: (key: string) => string): ConfigFault[] {
  return [
    ...engineFaults(settings, originOf),
    ...openAccessFaults(settings, originOf),
    ...capFaults(settings, originOf),
    ...relayFaults(settings, originOf),
    ...limitFaults(settings, originOf),
  ];
}

/** True for an address that only this machine can reach. */
function isLoopback(host: string): boolean {
  const bare = host.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'));
}

const engines = {
  log: { here: 'file', later: ['nats', 'jetstream'], example: 'file:log' },
  registry: { here: 'sqlite', later: ['postgres', 'postgresql'], example: 'sqlite:registry.sqlite' },
  observations: { here: 'chdb', later: ['clickhouse', 'http', 'https'], example: 'chdb:observations' },
} as const;

function engineFaults(settings: Settings, originOf: (key: string) => string): ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const key of ['log', 'registry', 'observations'] as const) {
    const { here, later, example } = engines[key];
    const address = settings[key];
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(address)?.[1]?.toLowerCase();
    const rest = address.slice((scheme?.length ?? -1) + 1);
    if (scheme === here && rest !== '' && !/^\/\/[^/]/.test(rest)) continue;
    const comesLater = later.some((name) => name === scheme);
    faults.push({
      key,
      value: shownValue(address),
      origin: originOf(key),
      problem: comesLater
        ? `the engine ${scheme ?? ''} comes with a later version; this one knows ${here}`
        : scheme === here
          ? `no path stands behind ${here}:`
          : `it must begin with ${here}:`,
      remedy: `Give ${example}, or ${here}: with an absolute path.`,
    });
  }
  return faults;
}

/** Open access is for one's own machine: everything that could let a network in is refused beside it. */
function openAccessFaults(settings: Settings, originOf: (key: string) => string): ConfigFault[] {
  if (!settings.access.open) return [];
  const fault = (key: string, value: unknown, problem: string, remedy: string): ConfigFault => ({
    key,
    value: shownValue(value),
    origin: originOf(key),
    problem,
    remedy,
  });
  const faults: ConfigFault[] = [];
  for (const [key, host] of [
    ['http.host', settings.http.host],
    ['mqtt.host', settings.mqtt.host],
  ] as const) {
    if (isLoopback(host)) continue;
    const problem = 'with access.open, everybody on that network could write and delete without a token';
    faults.push(
      fault(
        key,
        host,
        problem,
        'Set access.open to false and make tokens with `belfry token create`, or bind to 127.0.0.1.',
      ),
    );
  }
  // Behind a proxy everybody comes from this machine, so the loopback address protects nothing.
  if (settings.http.trustProxy.length > 0) {
    const problem = 'with access.open, everybody whom the proxy lets in could write and delete without a token';
    faults.push(
      fault('http.trustProxy', settings.http.trustProxy, problem, 'Set access.open to false, or leave the proxy out.'),
    );
  }
  const publicHost = settings.http.publicUrl === undefined ? undefined : URL.parse(settings.http.publicUrl)?.hostname;
  if (publicHost !== undefined && !isLoopback(publicHost)) {
    const problem = 'with access.open, this address must be of this machine only';
    faults.push(
      fault('http.publicUrl', settings.http.publicUrl, problem, 'Set access.open to false, or leave publicUrl out.'),
    );
  }
  return faults;
}

function capFaults(settings: Settings, originOf: (key: string) => string): ConfigFault[] {
  if (settings.cap.status !== 'Actual' || settings.cap.sender !== 'belfry@localhost') return [];
  return [
    {
      key: 'cap.sender',
      value: shownValue(settings.cap.sender),
      origin: originOf('cap.sender'),
      problem: 'warnings with cap.status Actual need a sender that is unique in the world',
      remedy: 'Set cap.sender to an address in a domain of your own, or cap.status to Test.',
    },
  ];
}

function relayFaults(settings: Settings, originOf: (key: string) => string): ConfigFault[] {
  return settings.mqtt.relay.flatMap((namespace) => {
    const problem = relayFault(namespace);
    const remedy = 'Give topic filters outside of v1.1 and $, such as home/#.';
    return problem === undefined
      ? []
      : [{ key: 'mqtt.relay', value: shownValue(namespace), origin: originOf('mqtt.relay'), problem, remedy }];
  });
}

/** A limit that could find nothing must not look as if it protected anybody. */
function limitFaults(settings: Settings, originOf: (key: string) => string): ConfigFault[] {
  const key = 'watch.extraLimits';
  return faultsOfPeopleLimits(settings.watch.extraLimits).map((problem) => ({
    key,
    value: shownValue(settings.watch.extraLimits),
    origin: originOf(key),
    problem,
    remedy: 'Write each phrase as docs/limits.md shows.',
  }));
}
