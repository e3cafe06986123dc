// Loaded lazily: see mod.ts. React owns the box; MapLibre and the marks live inside it.
import { useEffect, useRef, useState, type ReactElement } from 'react';
import { createCanvas, type EdgeLabel, type MapCanvas } from './canvas.ts';
import { createMarker, type Marker, type MarkerLook } from './marker.ts';

export interface MapThing {
  readonly id: number;
  /** Longitude, latitude. */
  readonly position: readonly [number, number];
  readonly look: MarkerLook;
}

export interface TownMapProps {
  /** The most important first: they get their labels first. */
  readonly things: readonly MapThing[];
  readonly onSelect: (id: number | null) => void;
}

export function TownMap({ things, onSelect }: TownMapProps): ReactElement {
  const box = useRef<HTMLDivElement>(null);
  const [canvas, setCanvas] = useState<MapCanvas | null>(null);
  const [edges, setEdges] = useState<readonly EdgeLabel[]>([]);
  const [trouble, setTrouble] = useState<string | null>(null);
  const markers = useRef(new Map<number, Marker>());
  const latest = useRef({ onSelect });

  useEffect(() => {
    latest.current = { onSelect };
  }, [onSelect]);

  useEffect(() => {
    if (box.current === null) return undefined;
    const known = markers.current;
    const created = createCanvas(box.current, {
      onEdges: setEdges,
      onTrouble: setTrouble,
      onGround: () => latest.current.onSelect(null),
      placeLabel: (id, side) => known.get(id)?.placeLabel(side),
    });
    setCanvas(created);
    return () => {
      known.clear();
      created?.destroy();
    };
  }, []);

  useEffect(() => {
    if (canvas === null) return;
    const known = markers.current;
    for (const { id, look } of things) {
      const marker = known.get(id) ?? createMarker(() => latest.current.onSelect(id));
      known.set(id, marker);
      marker.draw(look);
    }
    canvas.show(
      things.map(({ id, position, look }) => ({ id, position, look, element: known.get(id)?.element ?? null })),
    );
    const present = new Set(things.map((thing) => thing.id));
    for (const id of known.keys()) if (!present.has(id)) known.delete(id);
  }, [canvas, things]);

  return (
    <>
      <div ref={box} className="map-box" aria-label="Map of the Things" />
      <div aria-hidden="true">
        {edges.map((edge, place) => (
          <span key={place} className={`map-edge map-edge-${edge.axis}`} style={edgeStyle(edge)}>
            {edge.text}
          </span>
        ))}
      </div>
      {canvas !== null && trouble === null && (
        <button type="button" className="button map-fit" onClick={() => canvas.fit()}>
          Fit all
        </button>
      )}
      {trouble !== null && <MapTrouble detail={trouble} />}
    </>
  );
}

/** Without a map the page still works: everything on it is in the list too. */
export function MapTrouble({ detail }: { readonly detail: string }): ReactElement {
  return (
    <div className="map-trouble" role="status">
      <strong>The map cannot be shown.</strong>
      <p>{detail} The list has every Thing with its newest value and alert.</p>
    </div>
  );
}

function edgeStyle(edge: EdgeLabel): { left: number } | { top: number } {
  return edge.axis === 'longitude' ? { left: edge.at } : { top: edge.at };
}
