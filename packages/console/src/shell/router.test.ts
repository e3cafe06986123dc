import { expect, test } from 'vitest';
import { hrefOf, routeOf } from './router.tsx';

const addresses = [
  { path: '/console', route: { page: 'overview' } },
  { path: '/console/', route: { page: 'overview' } },
  { path: '/console/alerts', route: { page: 'alerts' } },
  { path: '/console/alerts/', route: { page: 'alerts' } },
  { path: '/console/alerts/17', route: { page: 'alert', id: 17 } },
  { path: '/console/things/4', route: { page: 'thing', id: 4 } },
  { path: '/console/ingest', route: { page: 'ingest' } },
];

for (const { path, route } of addresses) {
  test(`${path} is the page ${route.page}`, () => expect(routeOf(path)).toEqual(route));
}

for (const path of [
  '/',
  '/consoles',
  '/console/things',
  '/console/things/0',
  '/console/things/x',
  '/console/things/4/5',
]) {
  test(`${path} is no page of the console`, () => expect(routeOf(path)).toEqual({ page: 'unknown', path }));
}

test('the address of a route leads back to it', () => {
  for (const route of [{ page: 'overview' }, { page: 'thing', id: 9 }, { page: 'alert', id: 2 }] as const) {
    expect(routeOf(hrefOf(route))).toEqual(route);
  }
});
