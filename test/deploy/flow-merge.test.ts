import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adapted, fingerprint, merged, owned, type FlowNode } from '../../src/deploy/agent/flow-merge';
import { exampleFlow } from '../helpers/example-flow';
import { ROOT } from '../helpers/root';

const OTHERS: FlowNode[] = [
  { id: 'a1', type: 'tab', label: 'first' },
  { id: 'a2', type: 'inject', z: 'a1', wires: [['a3']] },
  { id: 'a3', type: 'debug', z: 'a1' },
];

describe('a flow for a station', () => {
  const example = exampleFlow(ROOT, '02', {});

  it('gets ids that depend on the station alone, and all that refers to them follows', () => {
    const one = adapted(example, 'line-1', undefined);
    assert.deepEqual(adapted(example, 'line-1', undefined), one);
    const ids = new Set(one.map(({ id }) => id));
    assert.equal(ids.size, example.length);
    assert.ok(one.every(({ id }) => /^[0-9a-f]{16}$/.test(id)));
    for (const { wires, z, model, broker } of one) {
      for (const id of [z, ...((wires as string[][] | undefined) ?? []).flat()].filter(Boolean))
        assert.ok(ids.has(id as string));
      if (model !== undefined && model !== 'pcb-defects') assert.ok(ids.has(model as string));
      if (typeof broker === 'string' && broker !== '127.0.0.1') assert.ok(ids.has(broker));
    }
    const two = adapted(example, 'line-2', undefined);
    assert.ok(two.every(({ id }) => !ids.has(id)));
  });

  it('inspects with the model of the station, under its name', () => {
    const nodes = adapted(example, 'line-9', '/home/pi/.node-red/stations/line-9');
    assert.equal(nodes.find(({ type }) => type === 'inspection-model')!.model, '/home/pi/.node-red/stations/line-9');
    assert.equal(nodes.find(({ type }) => type === 'defect-alert')!.station, 'line-9');
    // of two models nobody can say which
    const model = example.find(({ type }) => type === 'inspection-model')!;
    const both = adapted([...example, { ...model, id: 'ffff' }], 'line-9', '/stations/line-9');
    assert.ok(
      both.filter(({ type }) => type === 'inspection-model').every(({ model: path }) => path === 'pcb-defects'),
    );
  });

  it('follows subflows, groups and links, and leaves settings of the whole Node-RED out', () => {
    const nodes = adapted(
      [
        { id: 't', type: 'tab' },
        { id: 's', type: 'subflow', in: [], out: [] },
        { id: 'i', type: 'subflow:s', z: 't', g: 'g' },
        { id: 'g', type: 'group', z: 't', nodes: ['i', 'l'] },
        { id: 'l', type: 'link out', z: 't', links: ['i'] },
        { id: 'c', type: 'global-config', modules: {} },
      ],
      'x',
      undefined,
    );
    const [, subflow, instance, group, link] = nodes as [FlowNode, FlowNode, FlowNode, FlowNode, FlowNode];
    assert.equal(nodes.length, 5);
    assert.equal(instance.type, `subflow:${subflow.id}`);
    assert.deepEqual(group.nodes, [instance.id, link.id]);
    assert.deepEqual(link.links, [instance.id]);
  });

  it('goes to the end, takes the place it had, and nobody else moves', () => {
    const mine: FlowNode[] = [
      { id: 'm1', type: 'tab' },
      { id: 'm2', type: 'nms', z: 'm1' },
    ];
    const ids = new Set(['m1', 'm2']);
    const first = merged(OTHERS, mine, ids);
    assert.deepEqual(first, [...OTHERS, ...mine]);
    const later = [...mine, ...OTHERS];
    const changed = [{ id: 'm1', type: 'tab', label: 'new' }];
    assert.deepEqual(merged(later, changed, ids), [...changed, ...OTHERS]);
    assert.deepEqual(merged(first, [], ids), OTHERS);
    // what a person put on the tab belongs to it
    const added = { id: 'p1', type: 'debug', z: 'm1' };
    assert.deepEqual(owned([...first, added], ids), [...mine, added]);
  });

  it('is the same whatever the order of nodes and properties, and without its credentials', () => {
    const a = [
      { id: 'x', type: 'nms', iou: 0.5, credentials: { password: 'p' } },
      { id: 'y', type: 'tab' },
    ];
    const b = [
      { type: 'tab', id: 'y' },
      { iou: 0.5, type: 'nms', id: 'x' },
    ];
    assert.equal(fingerprint(a), fingerprint(b));
    assert.notEqual(fingerprint(a), fingerprint([{ ...a[0]!, iou: 0.6 }, a[1]!]));
  });
});
