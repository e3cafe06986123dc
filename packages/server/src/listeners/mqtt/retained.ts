// The newest retained message of each topic (3.3.1.3), found by Topic Filter level by level.
import { refuse, type Refusal } from '../../kernel/mod.ts';
import type { OutgoingMessage } from './outgoing-message.ts';

export interface RetainedMessage {
  readonly message: OutgoingMessage;
  readonly qos: 0 | 1 | 2;
}

interface Node {
  readonly children: Map<string, Node>;
  kept: RetainedMessage | undefined;
}

export interface RetainedLimits {
  readonly retainedMessagesMax: number;
  readonly retainedBytesMax: number;
}

export class Retained {
  readonly #limits: RetainedLimits;
  readonly #root: Node = newNode();
  #count = 0;
  #bytes = 0;

  constructor(limits: RetainedLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Replaces the topic's message, or with an empty payload removes it [MQTT-3.3.1-5] [MQTT-3.3.1-6]. */
  set(topic: string, kept: RetainedMessage): Refusal | undefined {
    if (kept.message.payload.length === 0) {
      this.#remove(topic);
      return undefined;
    }
    const { retainedMessagesMax, retainedBytesMax } = this.#limits;
    const before = this.#find(topic)?.kept;
    const count = this.#count + (before === undefined ? 1 : 0);
    const bytes = this.#bytes + kept.message.bytes - (before?.message.bytes ?? 0);
    if (count > retainedMessagesMax) {
      return refuse('too-many', `${retainedMessagesMax} messages are retained; clear some with an empty payload`);
    }
    if (bytes > retainedBytesMax) return refuse('too-many', `retained messages may have ${retainedBytesMax} bytes`);
    let node = this.#root;
    for (const level of topic.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) {
        child = newNode();
        node.children.set(level, child);
      }
      node = child;
    }
    node.kept = kept;
    this.#count = count;
    this.#bytes = bytes;
    return undefined;
  }

  /** All that match; those that have expired are dropped [MQTT-3.3.2-5]. */
  match(filter: string, nowMillis: number): RetainedMessage[] {
    const found: RetainedMessage[] = [];
    collect(this.#root, filter.split('/'), 0, found);
    const fresh = found.filter(({ message }) => !message.isExpired(nowMillis));
    if (fresh.length < found.length) {
      for (const { message } of found) if (message.isExpired(nowMillis)) this.#remove(message.topic.toString());
    }
    return fresh;
  }

  #find(topic: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const level of topic.split('/')) node = node?.children.get(level);
    return node;
  }

  #remove(topic: string): void {
    const path: { readonly parent: Node; readonly level: string; readonly node: Node }[] = [];
    let parent = this.#root;
    for (const level of topic.split('/')) {
      const node = parent.children.get(level);
      if (node === undefined) return;
      path.push({ parent, level, node });
      parent = node;
    }
    if (parent.kept === undefined) return;
    this.#count--;
    this.#bytes -= parent.kept.message.bytes;
    parent.kept = undefined;
    for (const { parent: above, level, node } of path.toReversed()) {
      if (node.kept !== undefined || node.children.size > 0) return;
      above.children.delete(level);
    }
  }
}

function collect(node: Node, levels: readonly string[], depth: number, found: RetainedMessage[]): void {
  const level = levels[depth];
  if (level === undefined || level === '#') {
    if (node.kept !== undefined) found.push(node.kept);
    if (level === '#') for (const child of node.children.values()) collect(child, levels, depth, found);
    return;
  }
  if (level === '+') {
    for (const child of node.children.values()) collect(child, levels, depth + 1, found);
    return;
  }
  const child = node.children.get(level);
  if (child !== undefined) collect(child, levels, depth + 1, found);
}

function newNode(): Node {
  return { children: new Map(), kept: undefined };
}
