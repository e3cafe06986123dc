import { Component, lazy, Suspense, type ReactElement, type ReactNode } from 'react';
import { Loading } from '../shell/mod.ts';
import type { TownMapProps } from './town-map.tsx';

const LazyTownMap = lazy(async () => ({ default: (await import('./town-map.tsx')).TownMap }));

/** The map, loaded when it is first shown. Where it cannot start it says so, and the page goes on without it. */
export function TownMap(props: TownMapProps): ReactElement {
  return (
    <MapBoundary>
      <Suspense fallback={<Loading what="the map" />}>
        <LazyTownMap {...props} />
      </Suspense>
    </MapBoundary>
  );
}

interface MapBoundaryProps {
  readonly children: ReactNode;
}

/** A fault of the map, or its code not arriving, must not take the list of Things with it. */
class MapBoundary extends Component<MapBoundaryProps, { readonly broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { readonly broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return (
      <div className="map-trouble" role="status">
        <strong>The map could not be loaded.</strong>
        <p>The list has every Thing with its newest value and alert. Reload the page to try the map again.</p>
      </div>
    );
  }
}
