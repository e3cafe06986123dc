// The one place that knows MapLibre. The style holds only what stands in this file: a plain ground and the graticule.
// No tiles, glyphs or sprites: nothing is asked of any server.
import {
  GeoJSONSource,
  Map as MapLibreMap,
  Marker as MapLibreMarker,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { severityRank } from '../severity/mod.ts';
import { boundsOf, degreeWords, graticule, graticuleLines, type Bounds } from './graticule.ts';
import { layoutLabels, type LabelSide } from './label-layout.ts';
import type { MarkerLook } from './marker.ts';

/** A degree label at the edge of the map; `at` is pixels from its left or top. */
export interface EdgeLabel {
  readonly axis: 'longitude' | 'latitude';
  readonly text: string;
  readonly at: number;
}

export interface CanvasThing {
  readonly id: number;
  readonly position: readonly [number, number];
  readonly look: MarkerLook;
  readonly element: HTMLElement | null;
}

interface CanvasEvents {
  readonly onEdges: (edges: readonly EdgeLabel[]) => void;
  /** The map cannot go on; the text says why. */
  readonly onTrouble: (why: string) => void;
  /** The ground was pressed, not a mark. */
  readonly onGround: () => void;
  readonly placeLabel: (id: number, side: LabelSide | null) => void;
}

export interface MapCanvas {
  show(things: readonly CanvasThing[]): void;
  fit(): void;
  destroy(): void;
}

/** Pixels that the card of a Thing takes on the left of a wide map, with its margin; see things.css. */
const cardWidth = 420;

/** Pixels at the foot of the map that the scale bar and the degrees take. */
const footHeight = 44;

/** Null if the map cannot start; `onTrouble` has said why. */
export function createCanvas(box: HTMLElement, events: CanvasEvents): MapCanvas | null {
  const map = openMap(box, events);
  if (map === null) return null;
  const placed = new Map<number, MapLibreMarker>();
  let things: readonly CanvasThing[] = [];
  let shownIds = '';
  let revealed: number | null = null;
  let moved = false;
  let frame = 0;

  const layout = (): void => {
    const items = [...things].sort(byImportance).map(({ id, position, look }) => {
      const { x, y } = map.project([position[0], position[1]]);
      return { id, x, y, width: 10 + 7.4 * Math.max(look.name.length, look.value.length), height: 31 };
    });
    const sides = layoutLabels(items, { width: box.clientWidth, height: box.clientHeight - footHeight });
    for (const { id } of things) events.placeLabel(id, sides.get(id) ?? null);
  };
  const layoutSoon = (): void => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(layout);
  };
  // A label that would be cut by the corner says nothing.
  const drawEdges = (): void =>
    events.onEdges(
      edgeLabels(map).filter(({ axis, at }) =>
        axis === 'longitude' ? at > 30 && at < box.clientWidth - 30 : at > 16 && at < box.clientHeight - 24,
      ),
    );
  const drawLines = (): void => {
    const source = map.getSource('graticule');
    if (source instanceof GeoJSONSource) void source.setData(graticuleLines(visibleBounds(map)));
  };
  const fit = (): void => {
    const bounds = boundsOf(things.map((thing) => thing.position));
    if (bounds === null) return;
    const { west, south, east, north } = bounds;
    const padding = Math.min(90, box.clientWidth / 6, box.clientHeight / 6);
    map.fitBounds([west, south, east, north], { padding, maxZoom: 13, animate: false });
  };

  /** The card of the selected Thing stands on the left; the map moves if it would hide the mark. */
  const reveal = (thing: CanvasThing): void => {
    const { x } = map.project([thing.position[0], thing.position[1]]);
    const hidden = cardWidth + 60 - x;
    if (hidden > 0 && box.clientWidth > cardWidth * 2) map.panBy([-hidden, 0], { animate: false });
  };
  const theme = matchMedia('(prefers-color-scheme: dark)');
  const repaint = (): void => paintMap(map);
  theme.addEventListener('change', repaint);

  map.on('move', drawEdges);
  map.on('moveend', () => {
    drawLines();
    layoutSoon();
  });
  map.on('resize', () => {
    if (!moved) fit();
    drawEdges();
  });
  map.on('movestart', (event) => {
    // Only a movement by hand has an event of its own: from then on the view is the reader's.
    if (event.originalEvent instanceof Event) moved = true;
  });
  map.on('click', events.onGround);
  map.on('load', () => {
    paintMap(map);
    drawLines();
    drawEdges();
    layoutSoon();
  });

  return {
    show(next) {
      things = next;
      for (const thing of next) {
        const marker = placed.get(thing.id);
        const at: [number, number] = [thing.position[0], thing.position[1]];
        if (marker !== undefined) marker.setLngLat(at);
        else if (thing.element !== null) {
          placed.set(thing.id, new MapLibreMarker({ element: thing.element }).setLngLat(at).addTo(map));
        }
      }
      const present = new Set(next.map((thing) => thing.id));
      for (const [id, marker] of placed) {
        if (present.has(id)) continue;
        marker.remove();
        placed.delete(id);
      }
      const ids = [...present].sort((a, b) => a - b).join();
      if (ids !== shownIds && !moved) fit();
      shownIds = ids;
      const selected = next.find((thing) => thing.look.selected) ?? null;
      if (selected !== null && selected.id !== revealed) reveal(selected);
      revealed = selected?.id ?? null;
      layoutSoon();
    },
    fit() {
      moved = false;
      fit();
    },
    destroy() {
      cancelAnimationFrame(frame);
      theme.removeEventListener('change', repaint);
      map.remove();
    },
  };
}

function openMap(box: HTMLElement, events: CanvasEvents): MapLibreMap | null {
  setWorkerUrl(workerUrl);
  try {
    const map = new MapLibreMap({
      container: box,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      fadeDuration: 0,
      // On a phone one finger scrolls the page; two move the map.
      cooperativeGestures: matchMedia('(pointer: coarse)').matches,
      style: {
        version: 8,
        sources: { graticule: { type: 'geojson', data: { type: 'FeatureCollection', features: [] } } },
        layers: [
          { id: 'ground', type: 'background', paint: { 'background-color': color('map-ground') } },
          {
            id: 'graticule',
            type: 'line',
            source: 'graticule',
            paint: { 'line-color': color('map-line'), 'line-width': 1 },
          },
        ],
      },
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    map.addControl(new ScaleControl({ maxWidth: 120, unit: 'metric' }), 'bottom-right');
    map.on('webglcontextlost', () =>
      events.onTrouble('The graphics of this browser stopped working. Reload the page.'),
    );
    return map;
  } catch {
    events.onTrouble('This browser gives no WebGL.');
    return null;
  }
}

function paintMap(map: MapLibreMap): void {
  map.setPaintProperty('ground', 'background-color', color('map-ground'));
  map.setPaintProperty('graticule', 'line-color', color('map-line'));
}

function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function visibleBounds(map: MapLibreMap): Bounds {
  const bounds = map.getBounds();
  return { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() };
}

function edgeLabels(map: MapLibreMap): readonly EdgeLabel[] {
  const { step, meridians, parallels } = graticule(visibleBounds(map));
  const center = map.getCenter();
  return [
    ...meridians.map((at) => ({
      axis: 'longitude' as const,
      text: degreeWords(at, step, 'longitude'),
      at: map.project([at, center.lat]).x,
    })),
    ...parallels.map((at) => ({
      axis: 'latitude' as const,
      text: degreeWords(at, step, 'latitude'),
      at: map.project([center.lng, at]).y,
    })),
  ];
}

function byImportance(a: CanvasThing, b: CanvasThing): number {
  return (
    Number(b.look.selected) - Number(a.look.selected) ||
    severityRank(b.look.severity) - severityRank(a.look.severity) ||
    a.look.name.localeCompare(b.look.name)
  );
}
