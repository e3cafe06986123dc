export { openHttpListener, type HttpListener, type HttpListenerOptions } from './http-listener.ts';
export { type Asker, type RouteScope } from './scopes.ts';
