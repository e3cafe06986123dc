// One Thing on the map, as plain DOM that MapLibre moves. The list beside the map is what the keyboard uses, so that
// nobody has to step through every mark; the marks themselves are for pointing.
import type { Severity } from '@belfry/contract';
import { severityPaths } from '../severity/mod.ts';
import type { LabelSide } from './label-layout.ts';

export interface MarkerLook {
  readonly name: string;
  /** Value with unit, or why there is none. */
  readonly value: string;
  /** Null where there is no value to colour by. */
  readonly color: string | null;
  readonly severity: Severity | null;
  readonly simulated: boolean;
  readonly selected: boolean;
}

export interface Marker {
  readonly element: HTMLElement;
  draw(look: MarkerLook): void;
  /** Where the label stands; null hides it until the mark is pointed at. */
  placeLabel(side: LabelSide | null): void;
}

const svgNamespace = 'http://www.w3.org/2000/svg';

export function createMarker(onSelect: () => void): Marker {
  const element = document.createElement('button');
  element.type = 'button';
  element.tabIndex = -1;
  element.className = 'mark';
  const dot = span('mark-dot');
  const badge = document.createElementNS(svgNamespace, 'svg');
  badge.setAttribute('viewBox', '-1 -1 18 18');
  badge.setAttribute('class', 'mark-badge');
  badge.setAttribute('aria-hidden', 'true');
  const outline = document.createElementNS(svgNamespace, 'path');
  badge.append(outline);
  const label = span('mark-label');
  const name = span('mark-name');
  const value = span('mark-value');
  label.append(name, value);
  element.append(dot, badge, label);
  element.addEventListener('click', (event) => {
    event.stopPropagation();
    onSelect();
  });
  let drawn: MarkerLook | null = null;

  return {
    element,
    draw(look) {
      if (drawn !== null && sameLook(drawn, look)) return;
      drawn = look;
      dot.style.backgroundColor = look.color ?? '';
      element.classList.toggle('mark-empty', look.color === null);
      element.classList.toggle('mark-selected', look.selected);
      element.dataset['severity'] = look.severity ?? 'none';
      outline.setAttribute('d', look.severity === null ? '' : severityPaths[look.severity]);
      name.textContent = look.name;
      value.textContent = look.value;
      const alert = look.severity === null ? 'no alert' : `${look.severity} alert`;
      element.setAttribute('aria-label', `${look.name}: ${look.value}, ${alert}${look.simulated ? ', simulated' : ''}`);
      name.classList.toggle('mark-name-simulated', look.simulated);
      element.setAttribute('aria-pressed', String(look.selected));
    },
    placeLabel(side) {
      element.dataset['label'] = side ?? 'none';
    },
  };
}

function sameLook(a: MarkerLook, b: MarkerLook): boolean {
  return (
    a.name === b.name &&
    a.value === b.value &&
    a.color === b.color &&
    a.severity === b.severity &&
    a.simulated === b.simulated &&
    a.selected === b.selected
  );
}

function span(className: string): HTMLSpanElement {
  const element = document.createElement('span');
  element.className = className;
  return element;
}
