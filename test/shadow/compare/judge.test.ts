import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  BETTER,
  CANDIDATES,
  CLASSES,
  detectionsOf,
  PRIMARY,
  simulatedPart,
  type SimulatedModel,
} from '../../../lab/bench/shadow-streams';
import { compareFrame } from '../../../src/shadow/compare/compare';
import { Judge, JUDGE_DEFAULTS } from '../../../src/shadow/compare/judge';
import { SequentialRate } from '../../../src/shadow/compare/sequential';
import { Random } from '../../../src/kit/random';

/** What differs is watched to the end: it must never turn into a rejection. */
function judged(candidate: SimulatedModel, seed: number, primary = PRIMARY, parts = 1000) {
  const judge = new Judge({ classNames: CLASSES });
  for (let index = 0; index < parts; index++) {
    const part = simulatedPart(seed, index);
    const found = judge.compared(compareFrame(detectionsOf(primary, part), detectionsOf(candidate, part)));
    if (found.decision === 'promote' || found.decision === 'reject') return found;
  }
  return judge.judgement;
}

// the full table over 50 seeds is `npm run lab -- shadow-decisions`
describe('Judge, on 1,000 simulated parts', () => {
  for (const seed of [1, 2, 3]) {
    it(`promotes an identical candidate (seed ${seed})`, () => {
      assert.equal(judged(CANDIDATES.identical as SimulatedModel, seed).decision, 'promote');
    });

    it(`promotes one that is as good and errs elsewhere (seed ${seed})`, () => {
      assert.equal(judged(CANDIDATES['as good, with errors of its own'] as SimulatedModel, seed).decision, 'promote');
    });

    it(`rejects one that is blind to one class, and names it (seed ${seed})`, () => {
      const { decision, label, reason } = judged(CANDIDATES['blind to one class'] as SimulatedModel, seed);
      assert.deepEqual([decision, label], ['reject', 'spur']);
      const [, missed, of] = /^The candidate misses spur: (\d+) of (\d+) that the model in use saw$/.exec(reason) ?? [];
      // a false alarm of both looks like a spur that both see
      assert.ok(Number(missed) >= 0.9 * Number(of), reason);
    });

    it(`rejects one that never detects within 50 frames (seed ${seed})`, () => {
      const { decision, frames } = judged(CANDIDATES['never detects'] as SimulatedModel, seed);
      assert.equal(decision, 'reject');
      assert.ok(frames <= 50, `${frames} frames`);
    });
  }

  for (const [name, { primary, candidate }] of Object.entries(BETTER)) {
    for (const seed of [1, 2]) {
      it(`leaves to a person one that ${name}, and says what differs (seed ${seed})`, () => {
        const { decision, reason, differences, label } = judged(candidate, seed, primary);
        assert.equal(decision, 'different');
        assert.match(
          reason,
          /^The candidate differs: it .*\d+ of \d+ \(\d+\.\d %\).* a person must say: see the disputed frames$/,
        );
        assert.equal(label, differences[0]?.label);
        assert.ok(differences.every(({ rate }) => rate.count > 0 && rate.low > 0 && rate.high < 1));
      });
    }
  }

  it('names every class that differs, missed or seen alone, with its rate', () => {
    const mixed = { ...PRIMARY, name: 'mixed', weights: 9, missOf: { spur: 0.4 }, falseAlarms: 0.6 };
    const { decision, differences, reason } = judged(mixed, 1);
    assert.equal(decision, 'different');
    const spur = differences.find(({ kind, label }) => kind === 'missed' && label === 'spur');
    assert.ok(spur !== undefined && spur.rate.low > 0.25 && spur.rate.high < 0.55, JSON.stringify(spur));
    assert.ok(differences.some(({ kind }) => kind === 'extra'));
    assert.match(reason, /it does not see \d+ of \d+ \(\d+\.\d %\) spur that the model in use sees/);
    assert.match(reason, /it sees \S+ in \d+ of \d+ \(\d+\.\d %\) frames where the model in use sees none/);
  });

  it('leaves to a person one that raises false alarms', () => {
    const { decision, reason } = judged(CANDIDATES['false alarms on 4 parts of 10'] as SimulatedModel, 1);
    assert.equal(decision, 'different');
    assert.match(reason, /it sees .* where the model in use sees none/);
  });

  it('rejects one that does not answer', () => {
    const judge = new Judge({ classNames: CLASSES });
    let frames = 0;
    while (judge.failed().decision === 'keep' && frames < 50) frames++;
    assert.match(judge.judgement.reason, /^The candidate gave no answer for \d+ of \d+ frames$/);
  });

  it('waits for a class that the line has not shown, and says which', () => {
    const judge = new Judge({ classNames: ['never seen'] });
    for (let i = 0; i < 2000; i++) judge.compared(compareFrame([], []));
    assert.equal(judge.judgement.decision, 'keep');
    assert.match(judge.judgement.reason, /^At least \d+ more occurrences of (never seen|defects) are needed$/);
  });

  it('does not promote on a handful of frames', () => {
    const judge = new Judge({ classNames: [], ...JUDGE_DEFAULTS, extra: { acceptable: 0.01, unacceptable: 0.9 } });
    assert.equal(judge.compared(compareFrame([], [])).decision, 'keep');
  });
});

describe('SequentialRate', () => {
  const limits = { acceptable: 0.02, unacceptable: 0.1 };

  function wrongShare(rate: number, wrong: string, runs: number): number {
    let count = 0;
    for (let run = 0; run < runs; run++) {
      const random = new Random('sequential', run, Math.round(rate * 1e6));
      const test = new SequentialRate(limits, 0.05, 0.05);
      for (let i = 0; i < 1000 && test.decision === 'undecided'; i++) test.add(random.chance(rate));
      if (test.decision === wrong) count++;
    }
    return count / runs;
  }

  it('keeps to its error rates at the limits', () => {
    assert.ok(wrongShare(limits.acceptable, 'unacceptable', 1000) <= 0.05);
    assert.ok(wrongShare(limits.unacceptable, 'acceptable', 1000) <= 0.05);
  });

  it('ends after as many successes as it says are needed', () => {
    const test = new SequentialRate(limits, 0.01, 0.01);
    const needed = test.stillNeeded;
    for (let i = 0; i < needed - 1; i++) assert.equal(test.add(false), 'undecided');
    assert.equal(test.add(false), 'acceptable');
    assert.equal(test.stillNeeded, 0);
  });

  it('ends after few failures in a row, and a rejection stays', () => {
    const test = new SequentialRate(limits, 0.01, 0.01);
    test.add(true);
    test.add(true);
    assert.equal(test.add(true), 'unacceptable');
    for (let i = 0; i < 1000; i++) test.add(false);
    assert.equal(test.decision, 'unacceptable');
  });
});
