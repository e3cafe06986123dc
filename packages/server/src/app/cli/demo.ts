import { setTimeout as sleep } from 'node:timers/promises';
import { AlertList, type Alert } from '@belfry/contract';
import { Compile } from 'typebox/compile';
import { openAccess } from '../../access/mod.ts';
import { isRefusal, type Clock } from '../../kernel/mod.ts';
import type { Config } from '../config.ts';
import type { CommandContext, SettingFlags } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { serve } from './serve.ts';

/** What `belfry demo` sets before file, environment and flags: data apart from a real server's, warnings marked as an exercise. */
const demoPresets = {
  dataDirectory: '.belfry-demo',
  'access.open': true,
  'cap.status': 'Exercise',
  'cap.senderName': 'Belfry simulated town',
  // The terminal belongs to the addresses and the warnings.
  'logging.level': 'warn',
} as const;

const askMillis = 2_000;
const tokenName = 'simulated town';

/** `belfry demo`: a server and a simulated town that talks to it as devices would. */
export async function demo(
  context: CommandContext,
  given: SettingFlags,
  options: { readonly seed: number; readonly intervalMillis: number },
  clock: Clock,
): Promise<ExitCode> {
  return serve(context, given, clock, {
    presets: demoPresets,
    simulated: true,
    beside: async (belfry, config, signal) => {
      const { httpUrl, mqttUrl } = belfry;
      const token = config.access.open ? undefined : makeTownToken(config, clock);
      const reach = token === undefined ? { httpUrl, mqttUrl } : { httpUrl, mqttUrl, token };
      context.err(
        '  A simulated town sends readings: nothing that it shows is real. The first warning comes within a minute.\n\n',
      );
      const { startTown } = await import('../../demo/mod.ts');
      await Promise.all([
        startTown({ ...reach, ...options, clock, signal }),
        announceWarnings(context, httpUrl, token, signal),
      ]);
    },
  });
}

/** A token for the town's devices where access is closed; the one of an earlier run ends. */
function makeTownToken(config: Config, clock: Clock): string {
  const access = openAccess({ path: config.places.access, clock });
  try {
    access.revoke(tokenName);
    const outcome = access.create({ name: tokenName, scopes: ['admin'], expiresAt: null });
    if (isRefusal(outcome)) throw new Error(outcome.detail);
    return outcome.token;
  } finally {
    access.close();
  }
}

/** A line for each warning that comes and goes, so that the terminal shows what the console shows. */
async function announceWarnings(
  context: CommandContext,
  httpUrl: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const validator = Compile(AlertList);
  const told = new Map<number, string>();
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  while (!signal.aborted) {
    try {
      const answer = await fetch(`${httpUrl}/alerts?limit=50`, { headers, signal });
      const list: unknown = await answer.json();
      for (const alert of validator.Check(list) ? list.value.toReversed() : []) {
        const words = announcement(alert, told.get(alert.id));
        told.set(alert.id, alert.state);
        if (words !== undefined) context.err(words);
      }
      await sleep(askMillis, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
  }
}

/** Nothing for what was told before, for pending alerts, and for what was over before we looked. */
function announcement(alert: Alert, toldState: string | undefined): string | undefined {
  if (alert.state === toldState) return undefined;
  const subject =
    `${alert.event}: ${alert.thingName}, ${alert.datastreamName} ${alert.value} ${alert.unitSymbol}`.trimEnd();
  if (alert.state === 'active') return `  Warning (${alert.severity}, simulated)  ${subject}\n`;
  return alert.state === 'resolved' && toldState === 'active' ? `  All clear (simulated)  ${subject}\n` : undefined;
}
