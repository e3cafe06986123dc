import { Command, CommanderError, Option } from 'commander';
import { systemClock } from '../../kernel/mod.ts';
import type { Setting } from '../config-settings.ts';
import { complain, complainOfError, type CommandContext } from './context.ts';
import { exitCodeHelp, exitCodes, type ExitCode } from './exit-codes.ts';
import { addSettingOptions, settingFlags } from './setting-options.ts';

/**
 * Runs `belfry` with its arguments (without program and script) and gives the exit code. Each command's code is loaded when
 * it is called, so that `belfry token` does not load a database engine.
 */
export async function runProgram(
  parameters: readonly string[],
  context: CommandContext,
  version: string,
): Promise<ExitCode> {
  let outcome: ExitCode = exitCodes.ok;
  const done = (exitCode: ExitCode): void => {
    outcome = exitCode;
  };
  const program = new Command('belfry')
    .description(
      "A town's watchtower: readings of air, water, streets, machines and buildings, made durable, judged and shown.",
    )
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: (text) => context.out(text), writeErr: (text) => context.err(text) })
    .showHelpAfterError('  `belfry --help` and `belfry COMMAND --help` show what there is.')
    .addHelpText('after', exitCodeHelp);
  for (const command of [serveCommand, demoCommand, replayCommand, tokenCommand, doctorCommand]) {
    program.addCommand(command(context, done));
  }
  for (const command of everyCommand(program)) command.copyInheritedSettings(program);
  try {
    if (parameters.length === 0) {
      program.outputHelp({ error: true });
      return exitCodes.usage;
    }
    await program.parseAsync([...parameters], { from: 'user' });
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    return complainOfError(context, error);
  }
}

type Done = (exitCode: ExitCode) => void;

function serveCommand(context: CommandContext, done: Done): Command {
  const command = new Command('serve')
    .description('run the server until SIGINT or SIGTERM, then drain and flush')
    .addHelpText(
      'after',
      examples([
        ['belfry serve', 'on this machine, data in .belfry'],
        ['belfry serve --config /etc/belfry.yaml', 'settings from a file'],
        ['BELFRY_MQTT_HOST=0.0.0.0 belfry serve', 'MQTT for the network, by token only'],
      ]),
    )
    .action(async () => {
      const { serve } = await import('./serve.ts');
      done(await serve(context, settingFlags(command), systemClock));
    });
  addSettingOptions(command);
  return command;
}

function demoCommand(context: CommandContext, done: Done): Command {
  const command = new Command('demo')
    .description('run a server with a simulated town: river, weather, air, cold rooms')
    .option('--seed <number>', 'another town day with another number', '1')
    .option('--interval <milliseconds>', 'time between two readings of a sensor', '2000')
    .addHelpText(
      'after',
      examples([
        ['belfry demo', 'data in .belfry-demo, open to this machine'],
        ['belfry demo --http-port 9090 --mqtt-port 0', 'where the usual ports are taken'],
      ]),
    )
    .action(async () => {
      const { seed, interval } = command.opts<{ seed: string; interval: string }>();
      const wish = { seed: Number(seed), intervalMillis: Number(interval) };
      if (!Number.isSafeInteger(wish.seed) || !(wish.intervalMillis >= 50 && wish.intervalMillis <= 3_600_000)) {
        const remedy = 'Give a whole number for --seed, and 50 to 3600000 for --interval.';
        done(complain(context, exitCodes.usage, '--seed or --interval is out of range', remedy));
        return;
      }
      const { demo } = await import('./demo.ts');
      done(await demo(context, settingFlags(command), wish, systemClock));
    });
  addSettingOptions(command);
  return command;
}

function replayCommand(context: CommandContext, done: Done): Command {
  const record = new Command('beijing-air')
    .description('air quality and weather of 12 stations in Beijing, hourly, March 2013 to February 2017')
    .argument('<dir>', 'folder with the PRSA_Data_….csv.gz files and stations.csv')
    .option('--speed <factor>', 'times as fast as it happened, or max', 'max')
    .option('--from <time>', 'leave out readings before this date or instant')
    .option('--to <time>', 'leave out readings at and after it')
    .option('--http <url>', 'HTTP address of the server (default: from the configuration)')
    .option('--mqtt <url>', 'MQTT address of the server (default: from the configuration)')
    .option('--token <token>', 'token with scope admin (better in BELFRY_TOKEN: arguments are visible to others)')
    .option('--verify', 'read everything back afterwards and compare each value', false)
    .addHelpText(
      'after',
      examples([
        ['belfry replay beijing-air ./beijing-air', 'all of it, as fast as the server takes it'],
        ['belfry replay beijing-air ./beijing-air --from 2013-03-01 --to 2013-04-01 --verify', 'a month, and check it'],
        ['belfry replay beijing-air ./beijing-air --speed 3600', 'an hour a second'],
      ]),
    );
  addSettingOptions(record, reachSetting);
  record.action(async (folder: string) => {
    const options = record.opts<Omit<import('./replay.ts').ReplayWish, 'folder'>>();
    const { replay } = await import('./replay.ts');
    done(await replay(context, settingFlags(record), { ...options, folder }, systemClock));
  });
  return new Command('replay')
    .description('publish a real record to a running server, as devices would')
    .addCommand(record);
}

function tokenCommand(context: CommandContext, done: Done): Command {
  const create = new Command('create')
    .description('make a token and print it, once')
    .requiredOption('--name <name>', 'what it is for, for people')
    .addOption(
      new Option(
        '--scope <scopes>',
        'read, write (send Observations) or admin; several with commas',
      ).makeOptionMandatory(),
    )
    .option('--expires <duration>', 'how long it is good: 90d, 12h, 1y (default: until it is revoked)')
    .addHelpText(
      'after',
      examples([
        ['belfry token create --name "river gauge 3" --scope write --expires 1y', 'for a device'],
        ['belfry token create --name me --scope admin', 'for yourself'],
      ]),
    );
  const list = new Command('list')
    .description('show the tokens, without their secrets')
    .option('--all', 'expired and revoked ones too', false);
  const revoke = new Command('revoke').description('make a token useless, at once').argument('<id-or-name>');
  for (const command of [create, list, revoke])
    addSettingOptions(command, (setting) => setting.key === 'dataDirectory');
  create.action(async () => {
    const { createToken } = await import('./token.ts');
    const wanted = create.opts<{ name: string; scope: string; expires?: string }>();
    done(await createToken(context, settingFlags(create), wanted, systemClock));
  });
  list.action(async () => {
    const { listTokens } = await import('./token.ts');
    done(await listTokens(context, settingFlags(list), list.opts<{ all: boolean }>().all, systemClock));
  });
  revoke.action(async (idOrName: string) => {
    const { revokeToken } = await import('./token.ts');
    done(await revokeToken(context, settingFlags(revoke), idOrName, systemClock));
  });
  const token = new Command('token').description('make, list and revoke the tokens that devices and people use');
  for (const command of [create, list, revoke]) token.addCommand(command);
  return token;
}

function doctorCommand(context: CommandContext, done: Done): Command {
  const command = new Command('doctor')
    .description('look for what could keep the server from running well, and say what to do')
    .option('--json', 'print the findings as JSON', false)
    .addHelpText('after', examples([['belfry doctor --config /etc/belfry.yaml', 'with the settings of the service']]))
    .action(async () => {
      const { doctor } = await import('./doctor.ts');
      done(await doctor(context, settingFlags(command), command.opts<{ json: boolean }>().json));
    });
  addSettingOptions(command);
  return command;
}

/** Settings that say where a server is. */
function reachSetting(setting: Setting): boolean {
  return /^(http|mqtt)\.(host|port)$/.test(setting.key);
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)]);
}

function examples(lines: readonly (readonly [string, string])[]): string {
  const width = Math.max(...lines.map(([command]) => command.length));
  const shown = lines.map(([command, words]) =>
    width > 60 ? `  # ${words}\n  ${command}` : `  ${command.padEnd(width)}  # ${words}`,
  );
  return `\nExamples:\n${shown.join('\n')}\n${exitCodeHelp}`;
}
