import type { ReactElement } from 'react';
import { severities, SeverityShape } from '../severity/mod.ts';
import { numberWords, unitWords } from '../shell/mod.ts';
import type { ColorScale } from './color-scale.ts';
import type { PropertyChoice } from './property.ts';

interface LegendProps {
  readonly choice: PropertyChoice;
  readonly scale: ColorScale;
}

/** What the colours and the shapes on the map mean. */
export function Legend({ choice, scale }: LegendProps): ReactElement {
  const unit = unitWords(choice.unitSymbol);
  return (
    <div className="legend">
      <ol className="legend-scale" aria-label={`Colours of ${choice.name} in ${unit}`}>
        {scale.colors.map((color, place) => (
          <li key={place} className="legend-class">
            <span className="legend-color" style={{ backgroundColor: color }} />
            <span className="visually-hidden">{classWords(scale, place)}</span>
            {place === 0 && (
              <span className="legend-unit" aria-hidden="true">
                {unit}
              </span>
            )}
            {place < scale.edges.length && (
              <span className="legend-edge" aria-hidden="true">
                {numberWords(scale.edges[place] ?? 0)}
              </span>
            )}
          </li>
        ))}
      </ol>
      <ul className="legend-shapes" aria-label="Shapes of the alerts">
        {severities.map((severity) => (
          <li key={severity}>
            <SeverityShape severity={severity} />
            {severity}
          </li>
        ))}
        <li>
          <span className="legend-none" aria-hidden="true" />
          not on this scale
        </li>
      </ul>
    </div>
  );
}

function classWords(scale: ColorScale, place: number): string {
  const from = scale.edges[place - 1];
  const to = scale.edges[place];
  if (from === undefined && to === undefined) return 'all values';
  if (from === undefined) return `below ${numberWords(to ?? 0)}`;
  if (to === undefined) return `${numberWords(from)} and above`;
  return `${numberWords(from)} to ${numberWords(to)}`;
}
