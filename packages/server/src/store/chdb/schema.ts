import { rowColumns } from '../../domain/mod.ts';

const codecs: Readonly<Record<string, string>> = {
  id: ' CODEC(DoubleDelta, ZSTD(1))',
  datastream: ' CODEC(DoubleDelta, ZSTD(1))',
  feature_of_interest: ' CODEC(DoubleDelta, ZSTD(1))',
  phenomenon_start: ' CODEC(DoubleDelta, ZSTD(1))',
  phenomenon_end: ' CODEC(DoubleDelta, ZSTD(1))',
  result_number: ' CODEC(Gorilla, ZSTD(1))',
  result_text: ' CODEC(ZSTD(1))',
  result_quality: ' CODEC(ZSTD(1))',
  parameters: ' CODEC(ZSTD(1))',
};

/**
 * The table of Observations: the columns of domain/row.ts, in that order.
 *
 * - ORDER BY (datastream, phenomenon_start, id): one Datastream's readings stand together in time, so that a chart or a newest
 *   value reads a few granules of it and nothing else.
 * - ReplacingMergeTree by version: a correction is a row of the same key with a higher version; `deleted` marks a tombstone.
 * - No partitions: a device with a broken clock could otherwise make thousands of them.
 * - The fsync settings are those under which no acknowledged insert was lost in power cuts; broken parts left by a cut are put aside
 *   instead of keeping the database shut, because the log still has what stands behind the kept position.
 */
export const createTableSql = `
CREATE TABLE IF NOT EXISTS observations (
${rowColumns.map(([name, type]) => `  ${name} ${type}${codecs[name] ?? ''}`).join(',\n')},
  INDEX id_range id TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(version, deleted)
ORDER BY (datastream, phenomenon_start, id)
SETTINGS
  fsync_after_insert = 1,
  fsync_part_directory = 1,
  min_rows_to_fsync_after_merge = 1,
  min_compressed_bytes_to_fsync_after_merge = 1,
  max_suspicious_broken_parts = 100000`;

/** The columns as SELECT gives them and RowCursor reads them. */
export const rowSelectList: string = rowColumns.map(([name]) => name).join(', ');

/** The structure of a spool file, for ClickHouse's file() table function, as a quoted SQL text. */
export const rowStructure: string = `'${rowColumns
  .map(([name, type]) => `${name} ${type}`)
  .join(', ')
  .replaceAll("'", "\\'")}'`;
