// Subscribers by Topic Filter, level by level, so that a message visits the filters that match it and no others.

import type { Subscription } from './subscription.ts';

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  readonly entries: Map<T, Subscription>;
}

export class TopicTree<T> {
  readonly #root: Node<T> = newNode();

  /** A second entry of the same subscriber for the same filter replaces the first [MQTT-3.8.4-3]. */
  add(filter: string, subscriber: T, entry: Subscription): void {
    let node = this.#root;
    for (const level of filter.split('/')) {
      let child = node.children.get(level);
      if (child === undefined) {
        child = newNode();
        node.children.set(level, child);
      }
      node = child;
    }
    node.entries.set(subscriber, entry);
  }

  remove(filter: string, subscriber: T): void {
    const path: { readonly parent: Node<T>; readonly level: string; readonly node: Node<T> }[] = [];
    let parent = this.#root;
    for (const level of filter.split('/')) {
      const node = parent.children.get(level);
      if (node === undefined) return;
      path.push({ parent, level, node });
      parent = node;
    }
    parent.entries.delete(subscriber);
    for (const { parent: above, level, node } of path.toReversed()) {
      if (node.entries.size > 0 || node.children.size > 0) return;
      above.children.delete(level);
    }
  }

  /** Calls `visit` for each entry whose filter matches: more than once for a subscriber with overlapping filters. */
  match(topic: string, visit: (subscriber: T, entry: Subscription) => void): void {
    const levels = topic.split('/');
    // The first level of a topic that starts with $ is matched by no wildcard [MQTT-4.7.2-1].
    visitMatches(this.#root, levels, 0, !topic.startsWith('$'), visit);
  }

  get isEmpty(): boolean {
    return this.#root.children.size === 0;
  }
}

function visitMatches<T>(
  node: Node<T>,
  levels: readonly string[],
  depth: number,
  wildcards: boolean,
  visit: (subscriber: T, entry: Subscription) => void,
): void {
  // `a/#` matches `a` too, so # is looked at before the end (4.7.1.2).
  const rest = wildcards ? node.children.get('#') : undefined;
  if (rest !== undefined) for (const [subscriber, entry] of rest.entries) visit(subscriber, entry);
  const level = levels[depth];
  if (level === undefined) {
    for (const [subscriber, entry] of node.entries) visit(subscriber, entry);
    return;
  }
  const same = node.children.get(level);
  if (same !== undefined) visitMatches(same, levels, depth + 1, true, visit);
  const plus = wildcards ? node.children.get('+') : undefined;
  if (plus !== undefined) visitMatches(plus, levels, depth + 1, true, visit);
}

function newNode<T>(): Node<T> {
  return { children: new Map(), entries: new Map() };
}
