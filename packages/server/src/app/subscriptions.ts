import { isRefusal, refuse, type Refusal } from '../kernel/mod.ts';
import type { Live } from '../live/mod.ts';
import type { Registry } from '../registry/mod.ts';
import { observationJson, parseResourcePath } from '../sensorthings/mod.ts';

/** Answers what the MQTT listener asks for a SensorThings topic (18-088, 14.3): whose Observations a subscription gets. */
export class Subscriptions {
  readonly #live: Live;
  readonly #registry: Registry;
  /** Absolute address of the service, without a slash at its end. */
  readonly #root: string;

  constructor(live: Live, registry: Registry, root: string) {
    this.#live = live;
    this.#registry = registry;
    this.#root = root;
  }

  /** `v1.1/Observations` and `v1.1/Datastreams(1)/Observations`; the payload is the JSON of a GET. */
  observe(topic: string, deliver: (payload: Buffer) => void): (() => void) | Refusal {
    const datastreamId = this.#datastreamOf(topic);
    if (isRefusal(datastreamId)) return datastreamId;
    return this.#live.tap(datastreamId, (observation) => {
      deliver(Buffer.from(JSON.stringify(observationJson(observation, this.#root))));
    });
  }

  #datastreamOf(topic: string): number | 'all' | Refusal {
    const resource = parseResourcePath(topic.slice(topic.indexOf('/')));
    if (isRefusal(resource)) return resource;
    if (resource.kind === 'collection' && resource.entity === 'Observation' && !resource.ref) {
      const [parent, ...others] = resource.parent;
      if (parent === undefined) return 'all';
      const id = parent.entity === 'Datastream' && others.length === 0 ? parent.id : undefined;
      if (id !== undefined && this.#registry.datastream(id) !== undefined) return id;
      if (id !== undefined) return refuse('unknown-datastream', `there is no Datastream ${id}`);
    }
    return refuse('unknown-address', 'v1.1/Observations and v1.1/Datastreams(<id>)/Observations can be subscribed to');
  }
}
