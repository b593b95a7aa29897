import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../src/kit/random';
import { betaBelow, upperBound } from '../../../src/quantize/certificate/bounds';
import { classVerdicts } from '../../../src/quantize/certificate/class-verdicts';
import { compareImage, type Pair } from '../../../src/quantize/certificate/pairs';
import { rampAround } from '../../../src/quantize/certificate/ramp';
import { squeezeOf } from '../../../src/quantize/certificate/squeeze';
import { verdictOf } from '../../../src/quantize/certificate/verdict';

const THRESHOLD = 0.25;
const ramp = rampAround(THRESHOLD);

/** `count` things that the float model is 0.3 … 0.95 sure of; INT8 has rounding noise and loses the first `lost`. */
function things(classId: number, count: number, lost: number): Pair[] {
  const random = new Random('rule', classId, count);
  return Array.from({ length: count }, (_, index) => {
    const float = random.between(0.3, 0.95);
    const value = Math.log(float / (1 - float)) + random.between(-0.4, 0.4);
    return { classId, float, int8: index < lost ? 0 : 1 / (1 + Math.exp(-value)) };
  });
}

const judge = (references: Pair[], additions: Pair[] = [], allowedLossPoints = 2) =>
  classVerdicts({
    ...{ references, additions, allowedLossPoints, classNames: ['spur', 'open'] },
    ramp: () => ramp,
    threshold: () => THRESHOLD,
  });

describe('rule of the certificate', () => {
  for (const [count, lost, outcome] of [
    [100, 0, 'kept'],
    [100, 2, 'kept'],
    [100, 10, 'lost'],
    [1000, 40, 'lost'],
    [45, 0, 'kept'],
    [30, 6, 'lost'],
    [10, 0, 'unknown'],
    [10, 1, 'unknown'],
    [3, 3, 'lost'],
    [1, 1, 'unknown'],
  ] as const) {
    it(`says ${outcome} when ${lost} of ${count} things are lost`, () => {
      assert.equal(judge(things(0, count, lost)).classes[0]!.outcome, outcome);
    });
  }

  it('says how many things are missing to call a class kept', () => {
    const [ten] = judge(things(0, 10, 0)).classes;
    const more = ten!.moreNeeded!;
    assert.ok(more >= 15 && more <= 25, `${more}`);
    assert.equal(judge(things(0, 20 + more, 0)).classes[0]!.outcome, 'kept');
    assert.equal(judge(things(0, 10, 4)).classes[0]!.moreNeeded, undefined);
  });

  it('does not call a hair at the threshold a loss', () => {
    const pairs = Array.from({ length: 60 }, () => ({ classId: 0, float: 0.26, int8: 0.24 }));
    const { lossPoints, outcome, foundInt8 } = judge(pairs).classes[0]!;
    assert.equal(foundInt8, 0);
    assert.ok(lossPoints < 7, `${lossPoints}`);
    assert.notEqual(outcome, 'unknown');
  });

  it('finds one class that loses among five that keep everything', () => {
    const others = [1, 2, 3, 4, 5].flatMap((classId) => things(classId, 100, 0));
    const { classes } = judge([...things(0, 30, 6), ...others]);
    assert.deepEqual(
      classes.map(({ outcome }) => outcome),
      ['lost', 'kept', 'kept', 'kept', 'kept', 'kept'],
    );
  });

  it('finds what INT8 adds, and does not let it make up for what is lost', () => {
    const lost = things(0, 40, 20);
    const said = [
      ...things(0, 20, 0),
      ...things(0, 20, 20).map(({ float }) => ({ classId: 0, float: 0, int8: float })),
    ];
    const { all, classes } = judge(lost, said);
    assert.equal(classes[0]!.outcome, 'lost');
    assert.equal(all.adds, true);
    assert.ok(all.addedPoints > 40);
  });

  it('refuses every loss where none is allowed', () => {
    assert.equal(judge(things(0, 40, 3), [], 0).all.outcome, 'lost');
    assert.equal(judge(things(0, 60, 0), [], 0).all.outcome, 'kept');
    assert.equal(judge(things(0, 30, 30), [], 100).all.outcome, 'kept');
  });

  it('gives the same answer every time', () => {
    assert.deepEqual(judge(things(0, 50, 3)), judge(things(0, 50, 3)));
  });
});

describe('verdict', () => {
  const squeeze = { things: 0, float: 0, int8: 0, squeezed: false };

  it('names what was kept and what is missing', () => {
    const judged = judge([...things(0, 60, 0), ...things(1, 5, 0)]);
    const { passed, verdict } = verdictOf({ ...judged, squeeze, basis: 'labels', allowedLossPoints: 2 });
    assert.equal(passed, true);
    assert.match(verdict, /kept to within 10 points: spur; not enough evidence: open \(5 things, 2\d more needed\)$/);
  });

  it('refuses squeezed confidence, losses and additions in one sentence', () => {
    const sure = Array.from({ length: 8 }, () => ({ classId: 0, float: 0.96, int8: 0.72 }));
    const squeezed = squeezeOf(sure);
    assert.equal(squeezed.squeezed, true);
    const judged = judge(things(0, 30, 10));
    const { passed, verdict } = verdictOf({ ...judged, squeeze: squeezed, basis: 'labels', allowedLossPoints: 2 });
    assert.equal(passed, false);
    assert.match(
      verdict,
      /^Expected at most 2 points lost per class but spur loses .* where that says 0\.96 INT8 says 0\.72/,
    );
  });

  it('does not call a good model or a few things squeezed', () => {
    const pair = (int8: number) => ({ classId: 0, float: 0.93, int8 });
    assert.equal(squeezeOf([0.91, 0.92, 0.93, 0.9, 0.89, 0.94].map(pair)).squeezed, false);
    assert.equal(squeezeOf([0.6, 0.6].map(pair)).squeezed, false);
    assert.equal(squeezeOf([]).things, 0);
  });
});

describe('compareImage', () => {
  const at = (x: number, confidence: number, classId = 0) => ({
    ...{ classId, label: 'spur', confidence, box: { x, y: 0, width: 10, height: 10 } },
  });
  const seen = (detections: ReturnType<typeof at>[]) => ({ detections });

  it('without labels keeps what the float model reports, and looks at all that INT8 reports', () => {
    const image = { float: seen([at(0, 0.9), at(50, 0.2)]), int8: seen([at(1, 0.8), at(100, 0.5)]) };
    assert.deepEqual(
      compareImage(image, () => 0.25),
      {
        references: [{ classId: 0, float: 0.9, int8: 0.8 }],
        additions: [
          { classId: 0, float: 0.9, int8: 0.8 },
          { classId: 0, float: 0, int8: 0.5 },
        ],
      },
    );
  });

  it('with labels does not blame INT8 for finding what the float model misses', () => {
    const truths = [{ classId: 0, box: at(100, 1).box }];
    const image = { truths, float: seen([at(0, 0.9)]), int8: seen([at(100, 0.5)]) };
    assert.deepEqual(
      compareImage(image, () => 0.25),
      {
        references: [{ classId: 0, float: 0, int8: 0.5 }],
        additions: [{ classId: 0, float: 0.5, int8: 0.5 }],
      },
    );
  });
});

describe('bounds', () => {
  it('knows the beta distribution', () => {
    // I_x(1, 1) = x; I_x(2, 3) = 6x² − 8x³ + 3x⁴
    assert.ok(Math.abs(betaBelow(0.3, 1, 1) - 0.3) < 1e-9);
    const x = 0.35;
    assert.ok(Math.abs(betaBelow(x, 2, 3) - (6 * x ** 2 - 8 * x ** 3 + 3 * x ** 4)) < 1e-9);
  });

  it('bounds a share after Clopper and Pearson', () => {
    // no case among n: 1 − 0.05^(1/n)
    assert.ok(Math.abs(upperBound(0, 29, 0.05) - (1 - 0.05 ** (1 / 29))) < 1e-6);
    // 5 of 100: 0.1022 (tables)
    assert.ok(Math.abs(upperBound(5, 100, 0.05) - 0.1022) < 5e-4);
    assert.equal(upperBound(3, 3, 0.05), 1);
    assert.equal(upperBound(0, 0, 0.05), 1);
  });
});
