import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TopicTree } from './topic-tree.ts';
import { covers, datastreamOfTopic, isTopicFilter, relayFault } from './topics.ts';

function idIn(topic: string): number {
  const bytes = Buffer.from(`..${topic}..`);
  return datastreamOfTopic(bytes, 2, bytes.length - 2);
}

test('the id of a Datastream is read from its topic, and from no other', () => {
  assert.equal(idIn('v1.1/Datastreams(0)/Observations'), 0);
  assert.equal(idIn('v1.1/Datastreams(12345)/Observations'), 12_345);
  assert.equal(idIn('v1.1/Datastreams(999999999999999)/Observations'), 999_999_999_999_999);
  const others = [
    'v1.1/Datastreams()/Observations',
    'v1.1/Datastreams(01)/Observations',
    'v1.1/Datastreams(-1)/Observations',
    'v1.1/Datastreams(+1)/Observations',
    'v1.1/Datastreams(1.0)/Observations',
    'v1.1/Datastreams(%31)/Observations',
    'v1.1/Datastreams(１)/Observations',
    'v1.1/Datastreams(1000000000000000)/Observations',
    'v1.1//Datastreams(1)/Observations',
    '/v1.1/Datastreams(1)/Observations',
    'v1.1/Datastreams(1)/Observations/',
    'v1.1/datastreams(1)/Observations',
    'V1.1/Datastreams(1)/Observations',
    'v1.1/Observations',
  ];
  for (const topic of others) assert.equal(idIn(topic), -1, topic);
});

test('filters are checked as [MQTT-4.7.1-1] and [MQTT-4.7.1-2] say', () => {
  for (const good of ['#', '+', 'a/#', '+/a/+', '/', 'a//b', '/a']) assert.ok(isTopicFilter(good), good);
  for (const bad of ['', 'a#', 'a/#/b', '#/a', 'a+', 'a/+b/c', '##']) assert.ok(!isTopicFilter(bad), bad);
});

test('a namespace covers a filter only when it covers every topic of it', () => {
  const yes = [
    ['home/#', 'home'],
    ['home/#', 'home/+/x'],
    ['home/#', 'home/#'],
    ['+/x', 'a/x'],
    ['+/x', '+/x'],
  ] as const;
  const no = [
    ['home/#', '#'],
    ['home/#', '+/a'],
    ['home/#', 'homes'],
    ['home/+', 'home'],
    ['home/+', 'home/#'],
    ['home/+', 'home/a/b'],
    ['home', 'home/#'],
  ] as const;
  for (const [namespace, filter] of yes) assert.ok(covers(namespace, filter), `${namespace} ${filter}`);
  for (const [namespace, filter] of no) assert.ok(!covers(namespace, filter), `${namespace} ${filter}`);
});

test('namespaces of the server and of SensorThings are not relayed', () => {
  assert.equal(relayFault('home/#'), undefined);
  for (const namespace of ['', 'a/#/b', '$SYS/#', 'v1.1/#', 'v1.1']) assert.ok(relayFault(namespace) !== undefined);
});

const levels = fc.array(fc.constantFrom('a', 'b', '', 'c'), { minLength: 1, maxLength: 4 });
const filterLevels = fc.array(fc.constantFrom('a', 'b', '', '+'), { minLength: 1, maxLength: 4 });
const filters = fc
  .tuple(filterLevels, fc.boolean())
  .map(([parts, tail]) => [...parts, ...(tail ? ['#'] : [])].join('/'));

test('the tree finds the filters that a plain reading of 4.7 finds, and forgets what is removed', () => {
  fc.assert(
    fc.property(fc.uniqueArray(filters, { maxLength: 12 }), levels, fc.nat(12), (all, topicLevels, removed) => {
      const tree = new TopicTree<string>();
      for (const filter of all)
        tree.add(filter, filter, { qos: 0, noLocal: false, retainAsPublished: false, identifiers: [] });
      const kept = all.filter((_, index) => index >= removed);
      for (const filter of all.slice(0, removed)) tree.remove(filter, filter);
      const topic = topicLevels.join('/');
      const found: string[] = [];
      tree.match(topic, (filter) => found.push(filter));
      assert.deepEqual(found.sort(), kept.filter((filter) => covers(filter, topic)).sort());
      for (const filter of kept) tree.remove(filter, filter);
      assert.ok(tree.isEmpty);
    }),
  );
});

test('wildcards do not match a first level that starts with $ [MQTT-4.7.2-1]', () => {
  const tree = new TopicTree<string>();
  for (const filter of ['#', '+/x', '$a/x', '$a/#'])
    tree.add(filter, filter, { qos: 0, noLocal: false, retainAsPublished: false, identifiers: [] });
  const found: string[] = [];
  tree.match('$a/x', (filter) => found.push(filter));
  assert.deepEqual(found.sort(), ['$a/#', '$a/x']);
});
