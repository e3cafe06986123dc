import { Series, type LiveObservation } from '@belfry/contract';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { Answer, Api, Failure } from '../api/mod.ts';
import { columnsOf, livePointsMax, seriesPath, withLive, type ChartColumns } from '../charts/mod.ts';
import { useResource } from '../shell/mod.ts';
import { useServices, useTown } from '../town/mod.ts';
import { windowOf, type TimeRangeId } from './time-range.ts';

export interface LiveSeries {
  /** Null until the first answer. */
  readonly columns: ChartColumns | null;
  readonly bucketMillis: number;
  readonly failure: Failure | null;
  readonly reload: () => void;
}

const points = 800;

/**
 * The readings of a range, with live ones appended. `newest` is the time of the newest reading when the chart was opened;
 * null while there is none.
 */
export function useSeries(datastreamId: number, range: TimeRangeId, newest: number | null): LiveSeries {
  const { api, town } = useServices();
  const isLive = useTown((state) => state.live.kind === 'live');
  const [live, setLive] = useState<readonly LiveObservation[]>([]);
  // The window is fixed when the chart is opened; later readings come live and do not ask for the whole again.
  const [opened, setOpened] = useState({ datastreamId, newest });
  if (opened.datastreamId !== datastreamId || (opened.newest === null && newest !== null)) {
    setOpened({ datastreamId, newest });
    setLive([]);
  }

  const load = useCallback(
    async (signal: AbortSignal): Promise<Answer<Series | null>> => {
      // After a gap in the connection the series is asked for again: it has what the gap hid.
      if (opened.newest === null && !isLive) return { kind: 'ok', value: null };
      return loadRange(api, opened.datastreamId, range, opened.newest, signal);
    },
    [api, opened, range, isLive],
  );
  const { value, failure, reload } = useResource(load);

  useEffect(
    () =>
      town.onObservations((observations) => {
        const own = observations.filter((observation) => observation.datastreamId === datastreamId);
        if (own.length > 0) setLive((before) => [...before, ...own].slice(-livePointsMax));
      }),
    [town, datastreamId],
  );

  const base = useMemo(() => (value === null ? null : columnsOf(value)), [value]);
  const columns = useMemo(() => (base === null ? null : withLive(base, live)), [base, live]);
  return { columns, bucketMillis: value?.bucketMillis ?? 0, failure, reload };
}

async function loadRange(
  api: Api,
  datastreamId: number,
  range: TimeRangeId,
  newest: number | null,
  signal: AbortSignal,
): Promise<Answer<Series | null>> {
  if (newest === null) return { kind: 'ok', value: null };
  const { from, to } = windowOf(range, newest);
  if (from !== null) return api.get(seriesPath(datastreamId, from, to, points), Series, signal);
  // "All" has no known beginning: a first, coarse look finds it, and the second is as fine as the chart.
  const coarse = await api.get(seriesPath(datastreamId, 0, to, 5_000), Series, signal);
  const first = coarse.kind === 'ok' ? coarse.value.time[0] : undefined;
  if (coarse.kind === 'failed' || first === undefined) return coarse;
  return api.get(seriesPath(datastreamId, first, to, points), Series, signal);
}
