// Checks of what the server keeps. They read only: a running server is not disturbed, a torn log is left for the server to mend.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openAccess } from '../../access/mod.ts';
import { messageOf, type Clock } from '../../kernel/mod.ts';
import type { Finding } from './finding.ts';

export function checkLog(directory: string): Finding {
  const name = 'log';
  if (!existsSync(directory)) return { name, grade: 'ok', words: 'none yet; made at the first start' };
  try {
    const segments = readdirSync(directory).filter((entry) => entry.endsWith('.log'));
    const bytes = segments.reduce((sum, entry) => sum + statSync(join(directory, entry)).size, 0);
    return { name, grade: 'ok', words: `${segments.length} segments, ${(bytes / 1e6).toFixed(1)} MB` };
  } catch (error) {
    return {
      name,
      grade: 'fail',
      words: messageOf(error),
      remedy: `Give the user that runs Belfry the right to ${directory}.`,
    };
  }
}

/** Opens the file and lets SQLite look through it. */
export function checkRegistry(path: string): Finding {
  const name = 'registry';
  if (!existsSync(path)) return { name, grade: 'ok', words: 'none yet; made at the first start' };
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 2_000 });
    try {
      const verdict = String(database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] ?? 'no answer');
      if (verdict === 'ok') return { name, grade: 'ok', words: `${(statSync(path).size / 1e6).toFixed(1)} MB, sound` };
      return {
        name,
        grade: 'fail',
        words: `${path}: ${verdict}`,
        remedy: 'Stop the server and bring the file back from the newest backup.',
      };
    } finally {
      database.close();
    }
  } catch (error) {
    return {
      name,
      grade: 'fail',
      words: `${path}: ${messageOf(error)}`,
      remedy: 'Give the user that runs Belfry the right to it, or bring it back from a backup.',
    };
  }
}

export function checkTokens(path: string, open: boolean, clock: Clock): Finding {
  const name = 'access';
  if (open) return { name, grade: 'ok', words: 'open to everybody on this machine (access.open)' };
  const remedy = '`belfry token create --name me --scope admin` makes one.';
  if (!existsSync(path)) return { name, grade: 'warn', words: 'nobody has a token yet', remedy };
  try {
    const access = openAccess({ path, clock });
    try {
      const now = clock.now();
      const good = access.list().filter((record) => record.revokedAt === null && (record.expiresAt ?? now + 1) > now);
      if (good.length === 0) return { name, grade: 'warn', words: 'no token is good any more', remedy };
      return { name, grade: 'ok', words: good.length === 1 ? 'one token is good' : `${good.length} tokens are good` };
    } finally {
      access.close();
    }
  } catch (error) {
    return {
      name,
      grade: 'fail',
      words: messageOf(error),
      remedy: `Give the user that runs Belfry the right to ${path}.`,
    };
  }
}
