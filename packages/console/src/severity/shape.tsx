import type { AlertState, Severity } from '@belfry/contract';
import type { ReactElement } from 'react';

/**
 * The outlines of the severities in a box of 16 by 16. Each has its own shape, so that it is told apart without colour:
 * octagon, triangle, diamond, square.
 */
export const severityPaths: Readonly<Record<Severity, string>> = {
  Extreme: 'M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z',
  Severe: 'M8 1.2 15.5 14.5H.5z',
  Moderate: 'M8 .6 15.4 8 8 15.4.6 8z',
  Minor: 'M2 2h12v12H2z',
};

interface ShapeProps {
  readonly severity: Severity;
  /** Filled while active; an outline while pending or after the end. */
  readonly state?: AlertState;
}

/** The shape alone. A word stands beside it wherever it is used, so it is hidden from screen readers. */
export function SeverityShape({ severity, state = 'active' }: ShapeProps): ReactElement {
  const urgent = severity === 'Extreme' || severity === 'Severe';
  return (
    <svg
      className={`shape sev-${severity} shape-${state}`}
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
    >
      <path className="shape-body" d={severityPaths[severity]} />
      {urgent && <path className="shape-mark" d="M7.1 5h1.8l-.3 4.8H7.4zM7.1 10.8h1.8v1.7H7.1z" />}
    </svg>
  );
}

/** Shape and word of a severity. */
export function SeverityLabel({ severity, state = 'active' }: ShapeProps): ReactElement {
  return (
    <span className={`sev-label sev-${severity}`}>
      <SeverityShape severity={severity} state={state} />
      <span>{severity}</span>
    </span>
  );
}

const stateWords: Readonly<Record<AlertState, { readonly word: string; readonly meaning: string }>> = {
  pending: { word: 'Pending', meaning: 'The threshold is passed, but not for long enough yet.' },
  active: { word: 'Active', meaning: 'The warning stands.' },
  resolved: { word: 'Resolved', meaning: 'The value went back past the clear threshold.' },
};

export function StateLabel({ state }: { readonly state: AlertState }): ReactElement {
  return (
    <span className={`state-label state-label-${state}`} title={stateWords[state].meaning}>
      {stateWords[state].word}
    </span>
  );
}
