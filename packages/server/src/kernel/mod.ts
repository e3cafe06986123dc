export { systemClock, type Clock } from './clock.ts';
export {
  assert,
  BelfryError,
  BrokenInvariant,
  CallerError,
  factsOf,
  isRefusal,
  messageOf,
  OutsideError,
  quote,
  refuse,
  type Refusal,
} from './errors.ts';
export { limits } from './limits.ts';
export { StopList } from './stop-list.ts';
export { BoundedRing } from './bounded-ring.ts';
export { deeperThan } from './json-depth.ts';
export { Signal } from './signal.ts';
