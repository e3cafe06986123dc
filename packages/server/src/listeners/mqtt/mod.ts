export { type MqttCounters } from './counters.ts';
export { openMqttListener, type MqttListener } from './listener.ts';
export {
  type Authenticate,
  type MqttCredentials,
  type MqttLimits,
  type MqttListenerOptions,
  type MqttLogger,
  type MqttPrincipal,
  type Observe,
} from './options.ts';
export { relayFault } from './topics.ts';
