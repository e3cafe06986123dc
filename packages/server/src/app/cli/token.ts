import {
  allows,
  isScopeName,
  openAccess,
  scopes,
  type Access,
  type Scope,
  type TokenRecord,
} from '../../access/mod.ts';
import { factsOf, isRefusal, type Clock, type Refusal } from '../../kernel/mod.ts';
import { complain, configFor, type CommandContext, type SettingFlags } from './context.ts';
import { parseDuration, shownTime } from './duration.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** `belfry token create`: the token goes to standard output alone, everything else to standard error. */
export async function createToken(
  context: CommandContext,
  given: SettingFlags,
  wanted: { readonly name: string; readonly scope: string; readonly expires?: string },
  clock: Clock,
): Promise<ExitCode> {
  const chosen = wanted.scope.split(',').map((scope) => scope.trim());
  const known = chosen.filter(isScopeName);
  if (known.length !== chosen.length) {
    const unknown = chosen.filter((scope) => !isScopeName(scope)).join(', ');
    return complain(
      context,
      exitCodes.usage,
      `there is no scope ${JSON.stringify(unknown)}`,
      `Give one or more of ${scopes.join(', ')}, with commas.`,
    );
  }
  const lifetime = wanted.expires === undefined ? null : parseDuration(wanted.expires);
  if (lifetime === undefined) {
    return complain(
      context,
      exitCodes.usage,
      `--expires ${JSON.stringify(wanted.expires)} is not a duration`,
      'Give a number and a unit: 90d, 12h, 1y (s, m, h, d, w, y).',
    );
  }
  return withAccess(context, given, clock, (access) => {
    const expiresAt = lifetime === null ? null : clock.now() + lifetime;
    const outcome = access.create({ name: wanted.name, scopes: known, expiresAt });
    if (isRefusal(outcome)) return refused(context, outcome);
    context.err(`${describe(outcome.record)}\nThis is the only time that it is shown:\n`);
    context.out(`${outcome.token}\n`);
    return exitCodes.ok;
  });
}

/** `belfry token list`. */
export async function listTokens(
  context: CommandContext,
  given: SettingFlags,
  all: boolean,
  clock: Clock,
): Promise<ExitCode> {
  return withAccess(context, given, clock, (access) => {
    const now = clock.now();
    const records = access.list().filter((record) => all || stateOf(record, now) === 'good');
    if (records.length === 0) {
      context.err('There is no token. `belfry token create --name NAME --scope read` makes one.\n');
      return exitCodes.ok;
    }
    const rows = records.map((record) => [
      String(record.id),
      record.name,
      record.scopes.join(','),
      `belfry_${record.hint}…`,
      stateOf(record, now),
      record.expiresAt === null ? 'never' : shownTime(record.expiresAt),
      record.lastUsedAt === null ? 'never' : shownTime(record.lastUsedAt),
    ]);
    context.out(table([['id', 'name', 'scopes', 'begins', 'state', 'expires', 'last used'], ...rows]));
    return exitCodes.ok;
  });
}

/** `belfry token revoke`. */
export async function revokeToken(
  context: CommandContext,
  given: SettingFlags,
  idOrName: string,
  clock: Clock,
): Promise<ExitCode> {
  return withAccess(context, given, clock, (access) => {
    const outcome = access.revoke(idOrName);
    if (isRefusal(outcome)) return refused(context, outcome, 'List the tokens with `belfry token list --all`.');
    context.err(`Revoked ${describe(outcome)}; a running server ends its connections within a second.\n`);
    return exitCodes.ok;
  });
}

async function withAccess(
  context: CommandContext,
  given: SettingFlags,
  clock: Clock,
  work: (access: Access) => ExitCode,
): Promise<ExitCode> {
  const config = await configFor(context, given);
  if (typeof config === 'number') return config;
  const access = openAccess({ path: config.places.access, clock });
  try {
    return work(access);
  } finally {
    access.close();
  }
}

function refused(context: CommandContext, refusal: Refusal, remedy: string = factsOf(refusal.code).remedy): ExitCode {
  return complain(context, exitCodes.failed, refusal.detail, remedy);
}

function describe(record: TokenRecord): string {
  const end = record.expiresAt === null ? 'until it is revoked' : `until ${shownTime(record.expiresAt)}`;
  return `token ${record.id} ${JSON.stringify(record.name)}, may ${rightsOf(record.scopes).join(' and ')}, ${end}`;
}

function rightsOf(granted: readonly Scope[]): string[] {
  const rights = { read: 'read', write: 'send Observations', admin: 'administer' } as const;
  return scopes
    .filter((scope) => allows({ tokenId: 0, name: '', scopes: granted }, scope))
    .map((scope) => rights[scope]);
}

function stateOf(record: TokenRecord, now: number): string {
  if (record.revokedAt !== null) return 'revoked';
  return record.expiresAt !== null && record.expiresAt <= now ? 'expired' : 'good';
}

/** Columns as wide as their widest cell. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
