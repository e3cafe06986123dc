import { messageOf } from '../../kernel/mod.ts';
import { formatFaults, loadConfig, type Config } from '../config.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** The world of a command: what it reads and where it writes. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Working directory. */
  readonly directory: string;
  out(text: string): void;
  err(text: string): void;
}

/** What the flags of any command said about settings. */
export interface SettingFlags {
  readonly file?: string;
  readonly flags: ReadonlyMap<string, string>;
}

/** Says what is wrong in one line and what to do in the next, and gives back the exit code. */
export function complain(context: CommandContext, exitCode: ExitCode, what: string, remedy: string): ExitCode {
  context.err(`belfry: ${what}\n  ${remedy}\n`);
  return exitCode;
}

/** An error that no command foresaw. The stack is for whoever asks for it with BELFRY_LOGGING_LEVEL=debug. */
export function complainOfError(context: CommandContext, error: unknown): ExitCode {
  const causes: string[] = [];
  for (
    let cause = error;
    cause !== undefined && causes.length < 5;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    const words = messageOf(cause);
    if (!causes.includes(words)) causes.push(words);
  }
  context.err(`belfry: ${causes.join('; because: ')}\n`);
  const level = context.environment['BELFRY_LOGGING_LEVEL'];
  if ((level === 'debug' || level === 'trace') && error instanceof Error) context.err(`${error.stack ?? ''}\n`);
  else
    context.err('  `belfry doctor` looks for the usual causes; BELFRY_LOGGING_LEVEL=debug adds where it happened.\n');
  return exitCodes.failed;
}

/** The configuration, or the exit code after its faults were told. */
export async function configFor(
  context: CommandContext,
  given: SettingFlags,
  presets: Readonly<Record<string, unknown>> = {},
): Promise<Config | ExitCode> {
  const { environment, directory } = context;
  const outcome = await loadConfig({ environment, directory, presets, ...given });
  if (outcome.kind === 'config') return outcome.config;
  const count = outcome.faults.length;
  context.err(
    `belfry: the configuration has ${count === 1 ? 'a fault' : `${count} faults`}\n${formatFaults(outcome.faults)}`,
  );
  return exitCodes.usage;
}
