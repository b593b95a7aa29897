import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modelsBefore, partsBefore, type FlowPart } from '../../../nodes/shared/upstream';

const part = (id: string, type: string, to: string[], more: object = {}): FlowPart => ({
  id,
  type,
  wires: [to],
  ...more,
});
const detect = (id: string, to: string[], model = 'm') => part(id, 'yolo-int8-detect', to, { model });

describe('what comes before a node', () => {
  const LINE = [
    part('camera', 'camera-in', ['detect']),
    detect('detect', ['nms']),
    part('nms', 'nms', ['alert']),
    part('alert', 'defect-alert', []),
  ];

  it('the cameras whose frames reach it, over links too', () => {
    const linked = [
      part('far', 'camera-in', ['out']),
      part('out', 'link out', [], { links: ['in'] }),
      part('in', 'link in', ['detect']),
      part('other', 'camera-in', []),
      ...LINE,
    ];
    assert.deepEqual(
      partsBefore(linked, 'alert', 'camera-in').map(({ id }) => id),
      ['camera', 'far'],
    );
  });

  it('the models of all detectors', () => {
    assert.deepEqual(modelsBefore(LINE, 'alert'), { models: ['m'], isUnchanged: true });
    assert.deepEqual(modelsBefore([...LINE, detect('second', ['nms'], 'n')], 'alert'), {
      models: ['m', 'n'],
      isUnchanged: true,
    });
  });

  it('a function on the way may have changed the classes, one beside it has not', () => {
    const between = [detect('detect', ['f']), part('f', 'function', ['alert']), part('alert', 'defect-alert', [])];
    assert.deepEqual(modelsBefore(between, 'alert'), { models: ['m'], isUnchanged: false });
    const beside = [...LINE, part('slider', 'ui-slider', ['f']), part('f', 'function', ['alert'])];
    assert.deepEqual(modelsBefore(beside, 'alert'), { models: ['m'], isUnchanged: true });
  });

  it('a loop ends, a detector without a model and a flow without one are no models', () => {
    const loop = [part('a', 'switch', ['b']), part('b', 'delay', ['a', 'alert']), part('alert', 'defect-alert', ['a'])];
    assert.deepEqual(modelsBefore(loop, 'alert'), { models: [], isUnchanged: false });
    assert.deepEqual(modelsBefore([detect('d', ['alert'], '')], 'alert').models, []);
  });
});
