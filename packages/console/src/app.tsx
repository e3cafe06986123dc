import { useCallback, useEffect, useMemo, useState, type ReactElement } from 'react';
import { AlertPage, AlertsPage } from './alerts/mod.ts';
import { browserClock, createApi, type Failure } from './api/mod.ts';
import { IngestPage } from './ingest/mod.ts';
import { Empty, hrefOf, Layout, Link, NowProvider, Page, RouterProvider, SignIn, useRouter } from './shell/mod.ts';
import { OverviewPage, ThingPage } from './things/mod.ts';
import { createTown, ServicesProvider } from './town/mod.ts';

const tokenKey = 'belfry-token';

/** The console: signs in where the server wants it, and wires what all pages share. */
export function App(): ReactElement {
  const [token, setToken] = useState(() => sessionStorage.getItem(tokenKey));
  const [signedOut, setSignedOut] = useState<Failure | null>(null);

  const keepToken = useCallback((next: string | null): void => {
    if (next === null) sessionStorage.removeItem(tokenKey);
    else sessionStorage.setItem(tokenKey, next);
    setSignedOut(null);
    setToken(next);
  }, []);

  if (signedOut !== null) {
    return <SignIn failure={signedOut} refused={token !== null} onToken={keepToken} />;
  }
  return (
    <SignedIn
      key={token ?? ''}
      token={token}
      onSignedOut={setSignedOut}
      onSignOut={token === null ? null : () => keepToken(null)}
    />
  );
}

interface SignedInProps {
  readonly token: string | null;
  readonly onSignedOut: (failure: Failure) => void;
  readonly onSignOut: (() => void) | null;
}

function SignedIn({ token, onSignedOut, onSignOut }: SignedInProps): ReactElement {
  const services = useMemo(() => {
    const api = createApi({ fetch: (input, init) => fetch(input, init), token: () => token, onSignedOut });
    return { api, town: createTown({ api, clock: browserClock, random: Math.random }) };
  }, [token, onSignedOut]);

  useEffect(() => {
    const stop = new AbortController();
    const { town } = services;
    void town.run(stop.signal);
    const retry = (): void => {
      if (document.visibilityState === 'visible') town.retry();
    };
    addEventListener('online', retry);
    document.addEventListener('visibilitychange', retry);
    return () => {
      stop.abort();
      removeEventListener('online', retry);
      document.removeEventListener('visibilitychange', retry);
    };
  }, [services]);

  return (
    <RouterProvider>
      <ServicesProvider services={services}>
        <NowProvider now={services.town.now}>
          <Layout onSignOut={onSignOut}>
            <CurrentPage />
          </Layout>
        </NowProvider>
      </ServicesProvider>
    </RouterProvider>
  );
}

function CurrentPage(): ReactElement {
  const { route } = useRouter();
  switch (route.page) {
    case 'overview':
      return <OverviewPage />;
    case 'thing':
      return <ThingPage key={route.id} id={route.id} />;
    case 'alerts':
      return <AlertsPage />;
    case 'alert':
      return <AlertPage key={route.id} id={route.id} />;
    case 'ingest':
      return <IngestPage />;
    case 'unknown':
      return (
        <Page title="Nothing is at this address">
          <Empty title={`The console has no page ${route.path}.`}>
            <Link to={hrefOf({ page: 'overview' })}>Go to the overview</Link>
          </Empty>
        </Page>
      );
  }
}
