import type { DatastreamSummary } from '@belfry/contract';
import type { ReactElement } from 'react';
import { Moment, valueWords } from '../shell/mod.ts';

/** The newest result of a Datastream in words, with its unit. */
export function newestWords({ newest, unitSymbol }: DatastreamSummary): string {
  if (newest === null) return 'no reading yet';
  if (newest.value !== null) return valueWords(newest.value, unitSymbol);
  return newest.text ?? 'no value';
}

export function NewestTime({ datastream }: { readonly datastream: DatastreamSummary }): ReactElement {
  return datastream.newest === null ? <span className="muted">–</span> : <Moment at={datastream.newest.time} />;
}
