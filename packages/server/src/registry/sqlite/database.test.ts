import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { entityModel, entityNames } from '../../domain/mod.ts';
import { OutsideError, refuse } from '../../kernel/mod.ts';
import { linkColumn, pairTable, inverseOf } from '../sql-names.ts';
import { Database } from './database.ts';
import { migrations } from './migrations.ts';

describe('a SQLite file of the registry', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'belfry-database-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('has a table and columns for everything that the entity model keeps here', () => {
    const path = join(folder, 'schema.db');
    new Database(path).close();
    const file = new DatabaseSync(path);
    const columns = (table: string) =>
      file
        .prepare('SELECT name FROM pragma_table_info(?)')
        .all(table)
        .map((row) => row['name']);
    for (const name of entityNames) {
      const model = entityModel[name];
      if (model.home !== 'registry') continue;
      const there = columns(model.set);
      for (const property of model.properties) assert.equal(there.includes(property.name), !property.derived);
      for (const relation of model.relations) {
        if (entityModel[relation.target].home !== 'registry') continue;
        if (!relation.many) assert.ok(there.includes(linkColumn(relation.name)), `${name}/${relation.name}`);
        else if (inverseOf(relation).many) {
          const pair = pairTable(model, relation);
          assert.deepEqual(new Set(columns(pair.table)), new Set([pair.from, pair.to]));
        }
      }
    }
    file.close();
  });

  test('syncs every commit and holds links to what they say', () => {
    const path = join(folder, 'pragmas.db');
    const database = new Database(path);
    const insert = database.build.insertInto('Datastreams').values({
      name: 'x',
      description: 'x',
      unitOfMeasurement: '{}',
      observationType: 'x',
      thingId: 1,
      sensorId: 1,
      observedPropertyId: 1,
    });
    assert.throws(() => database.run(insert), /FOREIGN KEY constraint failed/);
    database.close();
  });

  test('keeps nothing of a transaction that was refused or threw', () => {
    const database = new Database(':memory:');
    const insert = () => database.run(database.build.insertInto('Removals').values({ removal: '{}' }));
    const count = () => database.all(database.build.selectFrom('Removals').selectAll()).length;
    database.transaction(() => {
      insert();
      return refuse('conflict', 'no');
    });
    assert.throws(() =>
      database.transaction(() => {
        insert();
        throw new RangeError('fault');
      }),
    );
    assert.equal(count(), 0);
    database.transaction(insert);
    assert.equal(count(), 1);
    database.close();
  });

  test('is refused with the reason where a newer Belfry made it, it is no database, or its folder is not there', () => {
    const newer = join(folder, 'newer.db');
    const file = new DatabaseSync(newer);
    file.exec(`PRAGMA user_version = ${migrations.length + 1}`);
    file.close();
    const text = join(folder, 'text.db');
    writeFileSync(text, 'this is not a database, '.repeat(100));
    for (const [path, reason] of [
      [newer, /newer Belfry/],
      [text, /not a database/],
      [join(folder, 'nowhere', 'registry.db'), /failed to open/],
    ] as const) {
      assert.throws(
        () => new Database(path),
        (error) => error instanceof OutsideError && reason.test(error.message) && error.message.includes(path),
      );
    }
  });
});
