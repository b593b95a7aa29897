import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HealthTally, HEALTH_DEFAULTS, judgeHealth, type LineHealth } from '../../../src/shadow/trial/health';

const line = (change: Partial<LineHealth> = {}): LineHealth => ({
  parts: 500,
  failed: 100,
  notInspected: 5,
  medianMs: 40,
  timedParts: 300,
  ...change,
});
const END = HEALTH_DEFAULTS.windowMs;

const CASES: [what: string, now: LineHealth, restarts: number, elapsedMs: number, state: string, reason: RegExp][] = [
  ['the same, within the window', line(), 0, END / 3, 'watching', /^10 minutes of the window are left$/],
  ['the same, at its end', line(), 0, END, 'healthy', /^No complaint over 500 parts$/],
  ['too few parts at its end', line({ parts: 10, failed: 2, notInspected: 0 }), 0, END, 'watching', /20 more parts$/],
  ['restarts', line(), 2, 0, 'unhealthy', /^The detector was restarted 2 times under the new model$/],
  [
    'parts not inspected',
    line({ notInspected: 60 }),
    0,
    0,
    'unhealthy',
    /^12.0 % of the parts are not inspected, 1.0 %/,
  ],
  [
    'more defects',
    line({ failed: 250 }),
    0,
    0,
    'unhealthy',
    /^50.5 % of the parts fail, 20.2 % under the former model$/,
  ],
  ['no defects at all', line({ failed: 0 }), 0, 0, 'unhealthy', /^0.0 % of the parts fail, 20.2 %/],
  ['a few more defects', line({ failed: 120 }), 0, 0, 'watching', /window/],
  ['five parts, all defective', line({ parts: 2, failed: 2, notInspected: 0 }), 0, 0, 'watching', /window/],
  ['slower', line({ medianMs: 70 }), 0, 0, 'unhealthy', /^A part takes 70 ms, 40 ms under the former model$/],
  ['slower, by three parts', line({ medianMs: 70, timedParts: 3 }), 0, 0, 'watching', /window/],
];

describe('judgeHealth', () => {
  for (const [what, now, restarts, elapsedMs, state, reason] of CASES) {
    it(what, () => {
      const found = judgeHealth({ before: line(), now, restarts, elapsedMs });
      assert.equal(found.state, state);
      assert.match(found.reason, reason);
    });
  }

  it('has nothing to complain about without a former model to compare with', () => {
    const before = { parts: 0, failed: 0, notInspected: 0, medianMs: undefined, timedParts: 0 };
    assert.equal(judgeHealth({ before, now: line(), restarts: 0, elapsedMs: END }).state, 'healthy');
  });
});

describe('HealthTally', () => {
  it('counts parts and takes the median of the last latencies', () => {
    const tally = new HealthTally();
    tally.add('NOT_INSPECTED');
    for (let i = 0; i < 1000; i++) tally.add(i % 2 ? 'PASS' : 'FAIL', i < 500 ? 1000 : 20);
    assert.deepEqual(tally.current, { parts: 1001, failed: 500, notInspected: 1, medianMs: 20, timedParts: 300 });
  });
});
