import type { OutgoingMessage } from './outgoing-message.ts';
import type { Subscriber } from './router.ts';
import type { Subscription } from './subscription.ts';

/** The name and the filter of `$share/<name>/<filter>` (4.8.2); undefined where it is not well formed. */
export function parseShared(text: string): { readonly name: string; readonly filter: string } | undefined {
  const [, name = '', ...levels] = text.split('/');
  const filter = levels.join('/');
  return name === '' || /[+#]/.test(name) || filter === '' ? undefined : { name, filter };
}

/** Those who share one subscription: each message goes to one of them, in turn [MQTT-4.8.2-4]. */
export class SharedGroup implements Subscriber {
  readonly #members = new Map<Subscriber, Subscription>();
  #turn = 0;

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  set(subscriber: Subscriber, subscription: Subscription): void {
    this.#members.set(subscriber, subscription);
  }

  delete(subscriber: Subscriber): void {
    this.#members.delete(subscriber);
  }

  deliver(message: OutgoingMessage, qos: 0 | 1 | 2, retain: boolean): void {
    const members = [...this.#members];
    const next = members[this.#turn++ % members.length];
    if (next === undefined) return;
    const [subscriber, entry] = next;
    const granted = entry.qos < qos ? entry.qos : qos;
    subscriber.deliver(message, granted, retain && entry.retainAsPublished, entry.identifiers);
  }
}

/** How a group itself stands in the tree: what each message may be is decided for the member that gets it. */
export const groupSubscription: Subscription = { qos: 2, noLocal: false, retainAsPublished: true, identifiers: [] };
