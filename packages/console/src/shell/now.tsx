import { createContext, use, useEffect, useState, type ReactElement, type ReactNode } from 'react';
import { agoWords, utcWords, viewerTime } from './time.ts';

const NowContext = createContext(0);

interface NowProviderProps {
  /** Milliseconds since 1970 by the server's clock: a laptop's wrong clock must not make readings look fresh or old. */
  readonly now: () => number;
  readonly children: ReactNode;
}

/** Gives every "2 min ago" below it the same present, renewed each second. */
export function NowProvider({ now, children }: NowProviderProps): ReactElement {
  const [present, setPresent] = useState(now);
  useEffect(() => {
    const tick = (): void => setPresent(now());
    tick();
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, [now]);
  return <NowContext value={present}>{children}</NowContext>;
}

/** The server's present, in milliseconds since 1970; renders anew each second. */
export function useNow(): number {
  return use(NowContext);
}

interface MomentProps {
  /** ISO 8601, or milliseconds since 1970. */
  readonly at: string | number;
  readonly show?: 'both' | 'ago' | 'exact' | 'full';
}

/** A time: how long ago, the moment in the viewer's zone, and UTC in the tooltip. */
export function Moment({ at, show = 'both' }: MomentProps): ReactElement {
  const now = useNow();
  const millis = typeof at === 'number' ? at : Date.parse(at);
  if (Number.isNaN(millis)) return <span className="muted">unknown time</span>;
  return (
    <time dateTime={new Date(millis).toISOString()} title={`${viewerTime.full(millis)}\n${utcWords(millis)}`}>
      {show === 'full' && viewerTime.full(millis)}
      {show === 'exact' && viewerTime.moment(millis, now)}
      {(show === 'both' || show === 'ago') && <span className="nowrap">{agoWords(millis, now)}</span>}
      {show === 'both' && ' '}
      {show === 'both' && <span className="moment-exact nowrap">{viewerTime.moment(millis, now)}</span>}
    </time>
  );
}
