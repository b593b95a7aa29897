import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareWithSample } from '../../../src/alert/golden/compare';
import type { GoldenSample, KnownDefect } from '../../../src/alert/golden/samples';
import type { Defect } from '../../../src/alert/judge/defects';
import { detection } from '../fixtures';

const BOX = { x: 100, y: 100, width: 50, height: 50 };

/** A defect whose centre is at x, y. */
function defect(label: string, x = 320, y = 240): Defect {
  return { ...detection({ label, box: { x: x - 5, y: y - 5, width: 10, height: 10 } }), severity: 'major' };
}

function compare(defects: Defect[], known: KnownDefect[] | 'PASS' = [], others = false): string[] {
  const sample: GoldenSample =
    known === 'PASS'
      ? { name: 'G', verdict: 'PASS', defects: [], others }
      : { name: 'N', verdict: 'FAIL', defects: known, others };
  return compareWithSample(sample, defects.length > 0 ? 'FAIL' : 'PASS', defects);
}

describe('compareWithSample', () => {
  it('a good sample is right when nothing is found, and else says what was', () => {
    assert.deepEqual(compare([], 'PASS'), []);
    assert.deepEqual(compare([defect('short')], 'PASS'), [
      'Expected the verdict PASS but it was FAIL',
      'Found short (90 %) at 315, 235, 10, 10, which is not known of it',
    ]);
  });

  it('a bad sample of which nothing else is known is right with any defect', () => {
    assert.deepEqual(compare([defect('short')]), []);
    assert.deepEqual(compare([]), ['Expected the verdict FAIL but it was PASS']);
  });

  for (const [what, known, found, differences] of [
    ['one or more', [{ label: 'short' }], ['short', 'short'], []],
    ['none of a class', [{ label: 'short' }], ['open'], [/one or more short but found 0/, /Found open/]],
    ['as many', [{ label: 'short', count: 2 }], ['short', 'short'], []],
    ['too few', [{ label: 'short', count: 2 }], ['short'], [/Expected 2 short but found 1/]],
    ['too many', [{ label: 'short', count: 1 }], ['short', 'short'], [/Expected 1 short but found 2/]],
    ['one of two classes', [{ label: 'a' }, { label: 'b' }], ['a'], [/one or more b but found 0/]],
  ] as const) {
    it(`${what}`, () => {
      const sentences = compare(
        found.map((label) => defect(label)),
        [...known],
      );
      assert.equal(sentences.length, differences.length, sentences.join('; '));
      differences.forEach((pattern, index) => assert.match(sentences[index] as string, pattern));
    });
  }

  it('a known place is the box that the centre lies in, its edge included', () => {
    const known = [{ label: 'short', box: BOX }];
    for (const [x, y] of [
      [125, 125],
      [100, 100],
      [150, 150],
    ] as const)
      assert.deepEqual(compare([defect('short', x, y)], known), []);
    assert.match(compare([defect('short', 151, 125)], known)[0] as string, /short within 100, 100, 50, 50 but found 0/);
  });

  it('each known defect is a statement of its own: three in all, one of them up there', () => {
    const known = [
      { label: 'short', count: 3 },
      { label: 'short', count: 1, box: BOX },
    ];
    assert.deepEqual(compare([defect('short', 120, 120), defect('short'), defect('short')], known), []);
    assert.equal(compare([defect('short'), defect('short'), defect('short')], known).length, 1);
  });

  it('more than is known is wrong, unless the sample allows it', () => {
    const found = [defect('short'), defect('dust')];
    assert.equal(compare(found, [{ label: 'short' }]).length, 1);
    assert.deepEqual(compare(found, [{ label: 'short' }], true), []);
  });

  it('lists at most 20 differences', () => {
    assert.equal(
      compare(
        Array.from({ length: 100 }, () => defect('dust')),
        'PASS',
      ).length,
      20,
    );
  });
});
