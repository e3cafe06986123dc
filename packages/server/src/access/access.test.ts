import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { isRefusal, OutsideError, type Clock } from '../kernel/mod.ts';
import { allows, openAccess, type Access, type NewToken, type Scope } from './mod.ts';

interface Bench {
  readonly path: string;
  readonly clock: Clock & { time: number };
  readonly open: () => Access;
}

function bench(context: TestContext): Bench {
  const directory = mkdtempSync(join(tmpdir(), 'belfry-access-'));
  const clock = { time: 1_000_000, now: () => clock.time, monotonic: () => clock.time };
  const opened: Access[] = [];
  context.after(() => {
    for (const access of opened) access.close();
    rmSync(directory, { recursive: true, force: true });
  });
  const path = join(directory, 'deep', 'access.sqlite');
  return {
    path,
    clock,
    open: () => {
      const access = openAccess({ path, clock, pollMillis: 5 });
      opened.push(access);
      return access;
    },
  };
}

function wanted(name: string, scopes: readonly Scope[] = ['read'], expiresAt: number | null = null): NewToken {
  return { name, scopes, expiresAt };
}

function made(access: Access, token: NewToken): { token: string; id: number } {
  const outcome = access.create(token);
  assert.ok(!isRefusal(outcome));
  return { token: outcome.token, id: outcome.record.id };
}

test('a token that was made gives its grant, also in another process and after reopening', (context) => {
  const { open } = bench(context);
  const first = open();
  const { token, id } = made(first, wanted('gauge 7', ['write']));
  const expected = { tokenId: id, name: 'gauge 7', scopes: ['write'] };
  assert.deepEqual(first.verify(token), expected);
  assert.deepEqual(open().verify(token), expected);
});

test('a token has the prefix, 256 random bits, and is not in the file', (context) => {
  const { open, path } = bench(context);
  const access = open();
  const { token } = made(access, wanted('a'));
  assert.match(token, /^belfry_[\w-]{43}$/);
  assert.notEqual(made(access, wanted('b')).token, token);
  const folder = join(path, '..');
  for (const name of readdirSync(folder)) assert.ok(!readFileSync(join(folder, name)).includes(token.slice(12)));
});

test('what is not a known token gives nothing', (context) => {
  const { open } = bench(context);
  const access = open();
  const { token } = made(access, wanted('a'));
  const last = token.endsWith('A') ? 'B' : 'A';
  for (const text of [
    '',
    'belfry_',
    token.slice(0, -1),
    `${token}x`,
    `${token.slice(0, -1)}${last}`,
    token.toUpperCase(),
    ` ${token}`,
  ]) {
    assert.equal(access.verify(text), undefined, text);
  }
});

test('a token ends at the millisecond of its expiry', (context) => {
  const { open, clock } = bench(context);
  const access = open();
  const { token } = made(access, wanted('a', ['read'], clock.time + 10));
  clock.time += 9;
  assert.notEqual(access.verify(token), undefined);
  clock.time += 1;
  assert.equal(access.verify(token), undefined);
});

test('a token that another process revokes is refused at once, and its connections hear of it', async (context) => {
  const { open } = bench(context);
  const server = open();
  const command = open();
  const { token, id } = made(command, wanted('gauge'));
  const other = made(command, wanted('other'));
  const told: number[] = [];
  const heard = new Promise<void>((resolve) => {
    server.onWithdrawn((tokenId) => {
      told.push(tokenId);
      resolve();
    });
  });
  assert.notEqual(server.verify(token), undefined);
  assert.notEqual(server.verify(other.token), undefined);
  const revoked = command.revoke('gauge');
  assert.ok(!isRefusal(revoked));
  assert.equal(server.verify(token), undefined);
  // The poll is unref'd, as it must not hold a process; the test holds it itself.
  const hold = setInterval(() => {}, 1_000);
  await heard;
  clearInterval(hold);
  assert.deepEqual(told, [id]);
  assert.notEqual(server.verify(other.token), undefined);
});

test('revoking works by id and by name, twice is no fault, and an unknown one is refused', (context) => {
  const { open } = bench(context);
  const access = open();
  const { id } = made(access, wanted('a'));
  const again = access.revoke(String(id));
  assert.ok(!isRefusal(again));
  assert.deepEqual(access.revoke(String(id)), again);
  const unknown = access.revoke('nobody');
  assert.ok(isRefusal(unknown));
  assert.equal(unknown.code, 'unknown-entity');
});

test('a name is free again once its token is revoked or expired', (context) => {
  const { open, clock } = bench(context);
  const access = open();
  made(access, wanted('a', ['read'], clock.time + 10));
  const doubled = access.create(wanted('a'));
  assert.ok(isRefusal(doubled));
  assert.equal(doubled.code, 'conflict');
  clock.time += 10;
  made(access, wanted('a'));
  access.revoke('a');
  made(access, wanted('a'));
  assert.equal(access.list().filter((record) => record.name === 'a').length, 3);
});

const badTokens: readonly [string, NewToken][] = [
  ['name', wanted('')],
  ['name', wanted(' a')],
  ['name', wanted('a\nb')],
  ['name', wanted('x'.repeat(101))],
  ['name', wanted('17')],
  ['scope', wanted('a', [])],
  ['expires', wanted('a', ['read'], 5)],
];
for (const [field, token] of badTokens) {
  test(`a token is refused for its ${field}: ${JSON.stringify(token).slice(0, 60)}`, (context) => {
    const outcome = bench(context).open().create(token);
    assert.ok(isRefusal(outcome));
    assert.equal(outcome.field, field);
  });
}

test('the last use is kept, at most once a minute and on close', (context) => {
  const { open, clock } = bench(context);
  const server = open();
  const { token } = made(server, wanted('a'));
  server.verify(token);
  assert.equal(server.list()[0]?.lastUsedAt, null);
  clock.time += 5;
  server.verify(token);
  server.close();
  const reader = open();
  assert.equal(reader.list()[0]?.lastUsedAt, clock.time);
  // The bench closes every access; closing twice must not hurt.
});

test('scopes stand beside each other, and admin includes them', () => {
  const grant = (...scopes: Scope[]) => ({ tokenId: 1, name: 'a', scopes });
  assert.ok(allows(grant('write'), 'write'));
  assert.ok(!allows(grant('write'), 'read'));
  assert.ok(!allows(grant('read', 'write'), 'admin'));
  assert.ok(allows(grant('admin'), 'read') && allows(grant('admin'), 'write'));
});

test('a file of a newer format or no database at all is an error that names the file', (context) => {
  const { open, path } = bench(context);
  open();
  const database = new DatabaseSync(path);
  database.exec('PRAGMA user_version = 9');
  database.close();
  assert.throws(
    open,
    (error) => error instanceof OutsideError && error.message.includes(path) && error.message.includes('newer'),
  );
});
