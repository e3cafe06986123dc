import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ReplayOptions, VerifyOptions } from '../../demo/mod.ts';
import { messageOf, type Clock } from '../../kernel/mod.ts';
import { complain, configFor, type CommandContext, type SettingFlags } from './context.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { listenForStop } from './until-signal.ts';

/** The flags of `belfry replay beijing-air`, as text. */
export interface ReplayWish {
  readonly folder: string;
  readonly speed: string;
  readonly from?: string;
  readonly to?: string;
  readonly http?: string;
  readonly mqtt?: string;
  readonly token?: string;
  readonly verify: boolean;
}

const askMillisMax = 5_000;

/** `belfry replay beijing-air`: publishes the record to a running server, as devices would, and can read it back. */
export async function replay(
  context: CommandContext,
  given: SettingFlags,
  wish: ReplayWish,
  clock: Clock,
): Promise<ExitCode> {
  const speed = wish.speed === 'max' ? ('max' as const) : Number(wish.speed);
  if (speed !== 'max' && !(speed > 0 && Number.isFinite(speed))) {
    return complain(
      context,
      exitCodes.usage,
      `--speed ${JSON.stringify(wish.speed)} is no speed`,
      'Give a number (3600 plays an hour in a second) or max.',
    );
  }
  const from = parseTime(wish.from);
  const to = parseTime(wish.to);
  if (Number.isNaN(from) || Number.isNaN(to) || (from ?? 0) >= (to ?? Number.POSITIVE_INFINITY)) {
    return complain(
      context,
      exitCodes.usage,
      '--from and --to must be times, the first before the second',
      'Give dates or instants, such as 2013-03-01 or 2013-03-01T12:00:00Z.',
    );
  }
  const directory = resolve(context.directory, wish.folder);
  if (!existsSync(directory) || !statSync(directory).isDirectory()) {
    return complain(
      context,
      exitCodes.usage,
      `there is no folder ${directory}`,
      'Give the folder with the PRSA_Data_….csv.gz files of the record.',
    );
  }
  const config = await configFor(context, given);
  if (typeof config === 'number') return config;
  const httpUrl = (wish.http ?? `http://${urlHost(config.http.host)}:${config.http.port}`).replace(/\/+$/, '');
  const mqttUrl = wish.mqtt ?? `mqtt://${urlHost(config.mqtt.host)}:${config.mqtt.port}`;
  const token = wish.token ?? context.environment['BELFRY_TOKEN'];
  const unreachable = await serverTrouble(httpUrl, token);
  if (unreachable !== undefined) return complain(context, exitCodes.unreachable, unreachable.what, unreachable.remedy);
  const stop = listenForStop(
    () => clock.monotonic(),
    () => process.exit(exitCodes.failed),
  );
  const reach = token === undefined ? { httpUrl, mqttUrl } : { httpUrl, mqttUrl, token };
  const span = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  try {
    const sent = await publish(context, { ...reach, ...span, directory, speed, signal: stop.signal });
    if (sent !== exitCodes.ok || !wish.verify) return sent;
    const access = token === undefined ? { httpUrl } : { httpUrl, token };
    return await verify(context, { ...access, ...span, directory, signal: stop.signal });
  } catch (error) {
    const what = stop.signal.aborted ? 'stopped before the end' : messageOf(error);
    return complain(
      context,
      exitCodes.failed,
      what,
      'What was acknowledged is kept, and would be doubled by sending it again: go on with --from, or begin with an empty data directory.',
    );
  } finally {
    stop.release();
  }
}

async function publish(context: CommandContext, options: ReplayOptions): Promise<ExitCode> {
  const { replayBeijingAir } = await import('../../demo/mod.ts');
  const result = await replayBeijingAir(options);
  const seconds = Math.max(result.millis, 1) / 1_000;
  const rate = Math.round(result.readings / seconds);
  context.out(
    `${counted(result.readings)} readings sent and acknowledged in ${seconds.toFixed(1)} s, ${counted(rate)} a second; ` +
      `${counted(result.missing)} values are missing in the record; ${counted(result.refused)} were refused\n`,
  );
  // A cell that is no number is a fault of the record: it was named with file and line, and everything else was sent.
  if (result.faults.length > 0)
    context.err(`  cells of the files that cannot be read: ${counted(result.faults.length)}\n`);
  if (result.refused === 0) return exitCodes.ok;
  for (const [reason, count] of result.reasons) context.err(`  ${counted(count)} times: ${reason}\n`);
  const what = `${counted(result.refused)} readings were refused`;
  return complain(context, exitCodes.failed, what, 'GET /ingest on the server lists the newest refusals.');
}

async function verify(context: CommandContext, options: VerifyOptions): Promise<ExitCode> {
  const { verifyBeijingAir } = await import('../../demo/mod.ts');
  const result = await verifyBeijingAir(options);
  context.out(
    `${counted(result.found)} readings found again with their values, ${counted(result.missing)} missing, ${counted(result.different)} different\n`,
  );
  if (result.missing === 0 && result.different === 0) return exitCodes.ok;
  return complain(
    context,
    exitCodes.failed,
    'the server does not hold the record as it is',
    'Look at the first faults above; a data directory with other readings of these stations gives them too.',
  );
}

/** Why the server cannot be used, or undefined when it answers and lets us in. */
async function serverTrouble(
  httpUrl: string,
  token: string | undefined,
): Promise<{ readonly what: string; readonly remedy: string } | undefined> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const answer = await fetch(`${httpUrl}/v1.1`, { headers, signal: AbortSignal.timeout(askMillisMax) });
    await answer.arrayBuffer();
    if (answer.ok) return undefined;
    if (answer.status === 401 || answer.status === 403) {
      return {
        what: `the server at ${httpUrl} does not let us in (${answer.status})`,
        remedy: 'Make a token with `belfry token create --name replay --scope admin` and set it as BELFRY_TOKEN.',
      };
    }
    return {
      what: `the server at ${httpUrl} answers ${answer.status}`,
      remedy: `Look at ${httpUrl}/readyz, or give another address with --http.`,
    };
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return {
      what: `no server answers at ${httpUrl}: ${messageOf(cause)}`,
      remedy: 'Start one with `belfry serve`, or give its address with --http and --mqtt.',
    };
  }
}

/** Milliseconds since 1970; NaN where the text is no time. */
function parseTime(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text);
}

/** A host as an address shows it; one that stands for all networks is reached through this machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function counted(count: number): string {
  return count.toLocaleString('en-US');
}
