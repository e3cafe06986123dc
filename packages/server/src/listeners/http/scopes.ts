import type { Source } from '../../admission/mod.ts';

/** What a route asks of the asker. `none`: open to everybody, as health checks are. */
export type RouteScope = 'none' | 'read' | 'write' | 'admin';

/** Who asks, with the rights of the token or of open mode. */
export interface Asker extends Source {
  readonly protocol: 'http';
  readonly mayRead: boolean;
  readonly mayAdminister: boolean;
}

export function mayUse(asker: Asker, scope: RouteScope): boolean {
  switch (scope) {
    case 'none':
      return true;
    case 'read':
      return asker.mayRead;
    case 'write':
      return asker.mayWrite;
    case 'admin':
      return asker.mayAdminister;
  }
}
