import { existsSync } from 'node:fs';
import { openAccess } from '../../access/mod.ts';
import { messageOf, type Clock } from '../../kernel/mod.ts';
import type { Belfry } from '../app.ts';
import type { Config } from '../config.ts';
import { complain, complainOfError, configFor, type CommandContext, type SettingFlags } from './context.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { aborted, listenForStop } from './until-signal.ts';

/** What a command wants to do around the server that it runs. */
export interface ServeOptions {
  readonly presets?: Readonly<Record<string, unknown>>;
  readonly simulated?: boolean;
  /** Runs while the server does. When it ends before the stop, the server goes on; when it fails, the server stops. */
  readonly beside?: (belfry: Belfry, config: Config, signal: AbortSignal) => Promise<void>;
}

/**
 * `belfry serve`: runs until SIGINT or SIGTERM, then drains and flushes. Exit code 0 after an orderly stop, 1 at once
 * when a second signal comes.
 */
export async function serve(
  context: CommandContext,
  given: SettingFlags,
  clock: Clock,
  options: ServeOptions = {},
): Promise<ExitCode> {
  const config = await configFor(context, given, options.presets);
  if (typeof config === 'number') return config;
  const stop = listenForStop(
    () => clock.monotonic(),
    () => {
      context.err('belfry: stopped before everything was flushed; the log holds what was acknowledged\n');
      process.exit(exitCodes.failed);
    },
  );
  try {
    return await run(context, config, clock, options, stop.signal);
  } finally {
    stop.release();
  }
}

async function run(
  context: CommandContext,
  config: Config,
  clock: Clock,
  options: ServeOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  let belfry: Belfry;
  try {
    // Loaded after the configuration was checked: the engines take a moment, and a fault should show at once.
    const { startBelfry } = await import('../app.ts');
    belfry = await startBelfry({ config, clock, simulated: options.simulated ?? false });
  } catch (error) {
    return startFailed(context, error);
  }
  greet(context, belfry, config, clock);
  // What runs beside the server ends before it, so that it never sees the server go.
  const besideStop = new AbortController();
  let failure: unknown;
  const beside = (options.beside?.(belfry, config, besideStop.signal) ?? Promise.resolve()).catch((error: unknown) => {
    if (!besideStop.signal.aborted) failure = error;
  });
  await Promise.race([aborted(signal), beside.then(() => (failure === undefined ? aborted(signal) : undefined))]);
  if (signal.aborted) context.err('\nStopping: no new messages, what was taken in is flushed …\n');
  besideStop.abort();
  await beside;
  try {
    await belfry.close();
  } catch (error) {
    return complainOfError(context, error);
  }
  return failure === undefined ? exitCodes.ok : complainOfError(context, failure);
}

function greet(context: CommandContext, belfry: Belfry, config: Config, clock: Clock): void {
  context.err(
    `\n  Belfry runs. Ctrl-C stops it.\n` +
      `  Console   ${belfry.httpUrl}/console/\n` +
      `  HTTP API  ${belfry.httpUrl}/v1.1\n` +
      `  MQTT      ${belfry.mqttUrl}\n` +
      `  Data      ${config.places.dataDirectory}\n` +
      `  Settings  ${config.file ?? 'defaults, environment and flags; no file'}\n\n`,
  );
  if (config.access.open) {
    context.err('  Access is open: everybody on this machine may read, write and administer.\n\n');
  } else if (!hasToken(config, clock)) {
    context.err('  Nobody has a token yet: `belfry token create --name me --scope admin` makes the first.\n\n');
  }
}

function hasToken(config: Config, clock: Clock): boolean {
  if (!existsSync(config.places.access)) return false;
  const access = openAccess({ path: config.places.access, clock });
  try {
    return access.list().some((record) => record.revokedAt === null);
  } finally {
    access.close();
  }
}

/** Causes that stand at the end of a chain of errors, with what to do about each. */
const startRemedies: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'Stop the program that has it, or choose another with --http-port or --mqtt-port; `belfry doctor` says who has it.',
  EACCES: 'Give the user that runs Belfry the right to it; ports below 1024 need a privilege.',
  EADDRNOTAVAIL: 'Give an address of this machine with --http-host or --mqtt-host.',
  ENOTFOUND: 'Give an address of this machine with --http-host or --mqtt-host.',
  ENOSPC: 'Free some of the disk that holds dataDirectory.',
  EROFS: 'Choose a dataDirectory that can be written.',
};

function startFailed(context: CommandContext, error: unknown): ExitCode {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const remedy = 'code' in cause && typeof cause.code === 'string' ? startRemedies[cause.code] : undefined;
    if (remedy !== undefined) return complain(context, exitCodes.failed, `cannot start: ${messageOf(cause)}`, remedy);
  }
  return complainOfError(context, error);
}
