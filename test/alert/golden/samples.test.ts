import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readSamples } from '../../../src/alert/golden/samples';

const good = { name: 'G-1', verdict: 'PASS' };
const bad = { name: 'N-17', verdict: 'FAIL', defects: [{ label: 'short', count: '2', box: '10, 20,30 , 40.5' }] };

describe('readSamples', () => {
  it('reads the list as the dialog stores it', () => {
    assert.deepEqual(readSamples([good, bad]), [
      { name: 'G-1', verdict: 'PASS', defects: [], others: false },
      {
        name: 'N-17',
        verdict: 'FAIL',
        defects: [{ label: 'short', count: 2, box: { x: 10, y: 20, width: 30, height: 40.5 } }],
        others: false,
      },
    ]);
    assert.deepEqual(readSamples(undefined), []);
    assert.deepEqual(readSamples([{ ...bad, defects: [{ label: 'short', count: '', box: '' }] }])[0]?.defects, [
      { label: 'short' },
    ]);
  });

  for (const [value, sentence] of [
    ['N-17', /a list of at most 50 entries for golden samples but received "N-17"/],
    [[7], /an object for golden sample 1 but received 7/],
    [[{ ...good, name: ' ' }], /a non-empty text for name of golden sample 1/],
    [[good, { ...bad, verdict: 'BAD' }], /one of PASS, FAIL for verdict of golden sample 2 but received "BAD"/],
    [[good, good], /another name for each for golden samples but received "G-1"/],
    [[{ ...bad, verdict: 'PASS' }], /no known defects, as it is to pass, for golden sample 1/],
    [[{ ...bad, defects: [{}] }], /a non-empty text for class of defect 1 of golden sample 1/],
    [[{ ...bad, defects: [{ label: 'a', count: 0 }] }], /between 1 and 1000 for count of defect 1/],
    ...['1, 2, 3', '1,2,3,x', '1,2,0,4', '1,,3,4', [1, 2, 3, 4]].map(
      (box) => [[{ ...bad, defects: [{ label: 'a', box }] }], /x, y, width, height in pixels.* for box of/] as const,
    ),
  ] as const) {
    it(`refuses ${JSON.stringify(value)}`, () => assert.throws(() => readSamples(value), sentence));
  }
});
