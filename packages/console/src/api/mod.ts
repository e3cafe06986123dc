export { browserClock, type Clock } from './clock.ts';
export { createApi, sameOrigin, type Answer, type Api, type Failure } from './fetch.ts';
export { createLiveFollower, type LiveFollower, type LiveStatus } from './live.ts';
export type { SseEvent } from './sse.ts';
