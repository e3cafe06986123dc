import { createContext, use, useSyncExternalStore, type ReactElement, type ReactNode } from 'react';
import type { Api } from '../api/mod.ts';
import type { Town, TownState } from './town.ts';

/** What every page works with. */
export interface Services {
  readonly api: Api;
  readonly town: Town;
}

const ServicesContext = createContext<Services | null>(null);

interface ServicesProviderProps {
  readonly services: Services;
  readonly children: ReactNode;
}

export function ServicesProvider({ services, children }: ServicesProviderProps): ReactElement {
  return <ServicesContext value={services}>{children}</ServicesContext>;
}

/** Throws where no ServicesProvider stands above: that is a fault of this program. */
export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === null) throw new Error('useServices needs a ServicesProvider above it');
  return services;
}

/** One part of the town's state; the component is drawn anew only when that part changes. */
export function useTown<T>(select: (state: TownState) => T): T {
  const { town } = useServices();
  return useSyncExternalStore(town.subscribe, () => select(town.getState()));
}
