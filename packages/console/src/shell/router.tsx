// The console's five addresses, on the browser's own history. A link is a real link: it can be opened in a new tab,
// copied and sent; the server answers every address below /console/ with the same page.
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useState,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
} from 'react';

export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'thing'; readonly id: number }
  | { readonly page: 'alerts' }
  | { readonly page: 'alert'; readonly id: number }
  | { readonly page: 'ingest' }
  | { readonly page: 'unknown'; readonly path: string };

/** Where the console is served; the base of every link. */
const base = '/console';

/** The route of a path such as `/console/things/7`. */
export function routeOf(path: string): Route {
  const unknown = { page: 'unknown', path } as const;
  if (path !== base && !path.startsWith(`${base}/`)) return unknown;
  const [first, second, ...more] = path.slice(base.length).split('/').filter(Boolean);
  if (first === undefined) return { page: 'overview' };
  if (more.length > 0) return unknown;
  if (second === undefined) {
    if (first === 'alerts' || first === 'ingest') return { page: first };
    return unknown;
  }
  const id = /^[1-9][0-9]{0,15}$/u.test(second) ? Number(second) : null;
  if (id === null) return unknown;
  if (first === 'things') return { page: 'thing', id };
  if (first === 'alerts') return { page: 'alert', id };
  return unknown;
}

/** The address of a route. */
export function hrefOf(route: Exclude<Route, { page: 'unknown' }>): string {
  switch (route.page) {
    case 'overview':
      return `${base}/`;
    case 'thing':
      return `${base}/things/${route.id}`;
    case 'alert':
      return `${base}/alerts/${route.id}`;
    case 'alerts':
    case 'ingest':
      return `${base}/${route.page}`;
  }
}

interface Router {
  readonly route: Route;
  /** The query of the address, without `?`. */
  readonly query: string;
  /** Goes to an address of the console; `replace` puts it in the place of the present one. */
  readonly go: (href: string, replace?: boolean) => void;
}

const RouterContext = createContext<Router>({ route: { page: 'overview' }, query: '', go: () => undefined });

export function RouterProvider({ children }: { readonly children: ReactNode }): ReactElement {
  const [address, setAddress] = useState({ path: location.pathname, query: location.search.slice(1) });
  useEffect(() => {
    const read = (): void => setAddress({ path: location.pathname, query: location.search.slice(1) });
    addEventListener('popstate', read);
    return () => removeEventListener('popstate', read);
  }, []);
  const go = useCallback((href: string, replace = false): void => {
    const url = new URL(href, location.href);
    const isSamePage = url.pathname === location.pathname;
    if (replace) history.replaceState(null, '', url);
    else if (url.href !== location.href) history.pushState(null, '', url);
    setAddress({ path: url.pathname, query: url.search.slice(1) });
    if (!isSamePage) scrollTo(0, 0);
  }, []);
  const router = useMemo(() => ({ route: routeOf(address.path), query: address.query, go }), [address, go]);
  return <RouterContext value={router}>{children}</RouterContext>;
}

export function useRouter(): Router {
  return use(RouterContext);
}

interface LinkProps {
  readonly to: string;
  readonly children: ReactNode;
  readonly className?: string;
  readonly current?: boolean;
}

/** A link inside the console. Clicks with a modifier key are left to the browser. */
export function Link({ to, children, className, current }: LinkProps): ReactElement {
  const { go } = useRouter();
  const follow = (event: MouseEvent<HTMLAnchorElement>): void => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={to} className={className} aria-current={current === true ? 'page' : undefined} onClick={follow}>
      {children}
    </a>
  );
}
