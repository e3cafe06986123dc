export { openLive, type Live, type LiveOptions, type LiveSubscription } from './hub.ts';
