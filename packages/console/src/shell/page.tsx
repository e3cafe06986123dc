import { useEffect, useRef, type ReactElement, type ReactNode } from 'react';
import type { Failure } from '../api/mod.ts';

interface PageProps {
  readonly title: string;
  /** What stands above the heading, for example the way back. */
  readonly above?: ReactNode;
  /** What stands beside the heading. */
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A page: it names the browser's tab, and takes the focus so that a screen reader reads the new heading. */
export function Page({ title, above, aside, className = '', children }: PageProps): ReactElement {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <main id="content" className={`page ${className}`}>
      <title>{`${title} – Belfry`}</title>
      {above !== undefined && <div className="page-above">{above}</div>}
      <div className="page-head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {aside}
      </div>
      {children}
    </main>
  );
}

export function Loading({ what }: { readonly what: string }): ReactElement {
  return (
    <p className="state state-loading" role="status">
      Loading {what}…
    </p>
  );
}

interface FailedProps {
  readonly failure: Failure;
  readonly onRetry?: () => void;
}

/** What went wrong, and what to do about it. */
export function Failed({ failure, onRetry }: FailedProps): ReactElement {
  return (
    <div className="state state-failed" role="alert">
      <strong>{failure.title}</strong>
      {failure.detail !== '' && failure.detail !== failure.title && <p>{failure.detail}</p>}
      <p className="muted">{failure.remedy}</p>
      {failure.requestId !== null && <p className="muted">Request id {failure.requestId}</p>}
      {onRetry !== undefined && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}

/** Nothing is there, which is an answer too: it says why, and what would fill it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactElement {
  return (
    <div className="state state-empty">
      <strong>{title}</strong>
      {children !== undefined && <p className="muted">{children}</p>}
    </div>
  );
}

/** The mark of made-up readings; it stands wherever the name of a simulated Thing stands. */
export function SimulatedTag(): ReactElement {
  return (
    <span className="tag-simulated" title="Readings of this Thing are made up by a program.">
      simulated
    </span>
  );
}
