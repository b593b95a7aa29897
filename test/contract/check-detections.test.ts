import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { asDetections } from '../../src/contract/check-detections';

const good = { label: 'open', classId: 0, confidence: 0.5, box: { x: 0, y: 0, width: 1, height: 1 } };

describe('asDetections', () => {
  it('returns the list itself', () => {
    const list = [good];
    assert.equal(asDetections(list, 'msg.payload'), list);
    assert.deepEqual(asDetections([], 'msg.payload'), []);
  });

  const wrong: [string, unknown][] = [
    ['a string', 'hello'],
    ['nothing', undefined],
    ['a Buffer', Buffer.from('x')],
    ['a number in the list', [1]],
    ['null in the list', [null]],
    ['no box', [{ ...good, box: undefined }]],
    ['NaN in a box', [{ ...good, box: { ...good.box, x: NaN } }]],
    ['a negative width', [{ ...good, box: { ...good.box, width: -1 } }]],
    ['a confidence above 1', [good, { ...good, confidence: 87 }]],
    ['a class id that is no whole number', [{ ...good, classId: '0' }]],
    ['no label', [{ ...good, label: undefined }]],
  ];
  it('lets alert rules take detections without class ids, and nobody else', () => {
    const named = [{ ...good, classId: undefined }];
    assert.equal(asDetections(named, 'msg.payload', 'optional'), named);
    assert.throws(() => asDetections(named, 'msg.payload'), /msg\.payload\[0\]/);
    assert.throws(() => asDetections([{ ...good, classId: 'x' }], 'msg.payload', 'optional'), /msg\.payload\[0\]/);
  });

  for (const [name, value] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(() => asDetections(value, 'msg.payload'), {
        code: 'BAD_ARGUMENT',
        message: /^Expected an array of detections .* for msg\.payload(\[\d\])? but received /,
      });
    });
  }
});
