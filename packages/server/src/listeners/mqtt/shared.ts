import type { Admission } from '../../admission/mod.ts';
import type { Clock } from '../../kernel/mod.ts';
import type { AckQueue } from './ack-queue.ts';
import type { MqttCounters } from './counters.ts';
import type { MqttLimits } from './options.ts';
import type { Router } from './router.ts';
import type { SampledLog } from './sampled-log.ts';
import type { AckView, PublishView } from './wire/publish.ts';

/** What all connections of one listener have in common. */
export interface Shared {
  readonly admission: Admission;
  readonly router: Router;
  readonly acks: AckQueue;
  readonly counters: MqttCounters;
  readonly limits: MqttLimits;
  readonly log: SampledLog;
  readonly clock: Clock;
  /** Reused for every packet: only one is decoded at a time. */
  readonly publishView: PublishView;
  readonly ackView: AckView;
}
