// Golden parts through the station that judges: what is counted where, which frame is taken for the golden one.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GoldenCheck, type GoldenOptions } from '../../../src/alert/golden/check';
import { readCommand } from '../../../src/alert/golden/command';
import { readGoldenMemory, type GoldenMemory } from '../../../src/alert/golden/memory';
import { goldenAlert, type GoldenRecord } from '../../../src/alert/golden/records';
import { readSamples } from '../../../src/alert/golden/samples';
import { AlertStation } from '../../../src/alert/station';
import { readRules } from '../../../src/alert/judge/rules';
import { detection, FRAME, INFERENCE, NOW_MS } from '../fixtures';
import { assertValid, shippedSchemas } from '../schemas';

const schemas = shippedSchemas();
const MINUTE_MS = 60_000;
const SCRATCH = [detection()];

const OPTIONS: GoldenOptions = {
  samples: readSamples([
    { name: 'G-1', verdict: 'PASS' },
    { name: 'N-17', verdict: 'FAIL', defects: [{ label: 'scratch', count: 1 }] },
  ]),
  schedule: { kind: 'none' },
  expiryMs: 10 * MINUTE_MS,
  reminderMs: 15 * MINUTE_MS,
  graceMs: 30 * MINUTE_MS,
  overdue: 'tell',
};

class Line {
  readonly check: GoldenCheck;
  readonly station: AlertStation;
  nowMs = NOW_MS;

  constructor(change: Partial<GoldenOptions> = {}, memory?: GoldenMemory) {
    this.check = new GoldenCheck('line-1', { ...OPTIONS, ...change }, memory, this.nowMs);
    this.station = new AlertStation('line-1', this.nowMs, readRules({}), undefined, this.check);
  }

  command(payload: unknown): GoldenRecord[] {
    return this.#valid(this.check.command(readCommand(payload, this.check.options.samples), this.nowMs));
  }

  /** A part that a camera takes now. */
  part(payload: unknown, source = 'cam-1', capturedMs = (this.nowMs += 1000)) {
    const frame = { ...FRAME, source, capturedAt: new Date(capturedMs).toISOString() };
    return this.judge({ payload, frame, inference: INFERENCE });
  }

  judge(input: object) {
    const judgement = this.station.judge(input, this.nowMs);
    assertValid(schemas['inspection-verdict'], judgement.verdict);
    if (judgement.golden !== undefined) this.#valid([judgement.golden]);
    return judgement;
  }

  after(minutes: number): GoldenRecord[] {
    this.nowMs += minutes * MINUTE_MS;
    return this.#valid(this.check.tick(this.nowMs));
  }

  restarted(change: Partial<GoldenOptions> = {}): Line {
    const memory = readGoldenMemory(JSON.parse(JSON.stringify(this.check.memory)));
    const line = new Line(change, memory);
    line.nowMs = this.nowMs;
    return line;
  }

  #valid(records: GoldenRecord[]): GoldenRecord[] {
    for (const record of records) {
      assertValid(schemas['golden-check'], record);
      const alert = goldenAlert(record, true);
      if (alert !== undefined) assertValid(schemas['golden-alert'], alert);
    }
    return records;
  }
}

const events = (records: GoldenRecord[]): string[] =>
  records.map(({ event, sample }) => `${event} ${sample ?? ''}`.trim());

describe('a golden part', () => {
  it('is compared with what is known of it, and counted apart', () => {
    const line = new Line();
    line.part(SCRATCH);
    assert.deepEqual(events(line.command('N-17')), ['announced N-17']);
    const { verdict, golden, alerts } = line.part(SCRATCH);
    assert.equal(verdict.verdict, 'FAIL');
    assert.deepEqual(verdict.golden, { sample: 'N-17', outcome: 'right', differences: [] });
    assert.deepEqual(alerts, [], 'no defect of production');
    assert.equal(golden?.event, 'right');
    assert.equal(golden?.state.problem, false);
    assert.equal(golden?.state.last?.sample, 'N-17');
    assert.equal(golden?.result?.verdictId, verdict.id);
    const next = line.part([]);
    assert.equal(next.verdict.golden, undefined, 'only the next part was golden');
    const { since: _since, ...counters } = next.verdict.counters;
    assert.deepEqual(counters, {
      triggers: 2,
      pass: 1,
      fail: 1,
      notInspected: 0,
      golden: { triggers: 1, pass: 0, fail: 1, notInspected: 0 },
    });
  });

  it('that is judged wrong is a problem until it is judged right, and makes an alert of its own', () => {
    const line = new Line();
    line.command('N-17');
    const { golden, alerts, verdict } = line.part([]);
    assert.equal(golden?.event, 'wrong');
    assert.equal(verdict.verdict, 'PASS');
    assert.deepEqual(verdict.golden?.differences, [
      'Expected the verdict FAIL but it was PASS',
      'Expected 1 scratch but found 0',
    ]);
    assert.deepEqual(alerts, []);
    assert.equal(golden && goldenAlert(golden, false)?.severity, 'critical');
    assert.equal(golden?.state.problem, true);
    line.command('G-1');
    assert.equal(line.part([]).golden?.state.problem, true, 'another sample does not make up for it');
    line.command('N-17');
    assert.equal(line.part(SCRATCH).golden?.state.problem, false);
  });

  it('that was not inspected is no check: it is still waited for, and each reason is told once', () => {
    const line = new Line();
    line.command('N-17');
    const hot = { frame: { ...FRAME, capturedAt: undefined }, notInspected: { reason: 'too hot', detail: '86 °C' } };
    const first = line.judge(hot);
    assert.equal(first.golden?.event, 'not inspected');
    assert.equal(first.golden?.state.announced.length, 1);
    assert.equal(first.verdict.golden?.outcome, 'not inspected');
    assert.equal(line.judge(hot).golden, undefined);
    assert.equal(line.judge({ payload: 'cat' }).golden?.event, 'not inspected');
    const { counters } = line.part(SCRATCH).verdict;
    assert.deepEqual(counters.golden, { triggers: 4, pass: 0, fail: 1, notInspected: 3 });
    assert.equal(counters.triggers, 0);
  });

  it('missed with others while the camera was lost: all of them are counted apart', () => {
    const line = new Line();
    line.command('N-17');
    const missed = { reason: 'camera lost', detail: 'x', count: 7 };
    const { verdict } = line.judge({ frame: { ...FRAME, capturedAt: undefined }, notInspected: missed });
    assert.deepEqual([verdict.counters.triggers, verdict.counters.golden?.notInspected], [0, 7]);
  });

  it('does not reach the debounce of production', () => {
    const line = new Line();
    line.station.changeRules({ debounce: { hits: 2, frames: 2 } });
    line.command('N-17');
    line.part(SCRATCH);
    assert.deepEqual(line.part(SCRATCH).alerts, [], 'it is the first of production');
  });

  it('a part captured before the announcement is one of production, a picture of another day is not early', () => {
    const line = new Line();
    const onItsWayMs = line.nowMs - 500;
    line.command('N-17');
    assert.equal(line.part(SCRATCH, 'cam-1', onItsWayMs).verdict.golden, undefined);
    assert.equal(line.part(SCRATCH, 'cam-1', line.nowMs - 24 * 60 * MINUTE_MS).verdict.golden?.outcome, 'right');
  });

  it('that does not come in time is reported, and then the next part is one of production', () => {
    const line = new Line();
    line.command({ sample: 'N-17', expiryMinutes: 2 });
    assert.equal(line.check.nextTickMs(line.nowMs), line.nowMs + 2 * MINUTE_MS);
    assert.deepEqual(line.after(1), []);
    assert.deepEqual(events(line.after(1)), ['expired N-17']);
    assert.equal(line.part(SCRATCH).verdict.golden, undefined);
    line.command('N-17');
    line.nowMs += 11 * MINUTE_MS;
    assert.equal(line.part(SCRATCH).verdict.golden, undefined, 'even before anybody has said that it expired');
  });

  it('is replaced and cancelled by message', () => {
    const line = new Line();
    line.command('N-17');
    assert.deepEqual(events(line.command('G-1')), ['replaced N-17', 'announced G-1']);
    assert.deepEqual(events(line.command({ cancel: true })), ['cancelled G-1']);
    assert.deepEqual(line.command({ cancel: true }), []);
    assert.deepEqual(events(line.command({})), ['state']);
    assert.equal(line.part(SCRATCH).verdict.golden, undefined);
  });
});

describe('golden parts of two cameras', () => {
  it('wait for the camera that they were announced for', () => {
    const line = new Line();
    line.command({ sample: 'N-17', camera: 'top' });
    line.command({ sample: 'G-1', camera: 'side' });
    assert.equal(line.part(SCRATCH, 'front').verdict.golden, undefined);
    assert.equal(line.part([], 'side').verdict.golden?.sample, 'G-1');
    assert.equal(line.part([], 'side').verdict.golden, undefined);
    assert.deepEqual(line.part(SCRATCH, 'top').verdict.golden, { sample: 'N-17', outcome: 'right', differences: [] });
  });

  it('one announced for the camera goes before one for any', () => {
    const line = new Line();
    line.command('G-1');
    line.command({ sample: 'N-17', camera: 'top' });
    assert.equal(line.part(SCRATCH, 'top').verdict.golden?.sample, 'N-17');
    assert.equal(line.part([], 'top').verdict.golden?.sample, 'G-1');
  });
});

describe('a restart between the announcement and the part', () => {
  it('keeps the announcement', () => {
    const line = new Line();
    line.command({ sample: 'N-17', camera: 'top' });
    assert.equal(line.restarted().part(SCRATCH, 'top').verdict.golden?.outcome, 'right');
  });
  it('reports it when its time is over meanwhile, or its sample is gone', () => {
    const line = new Line();
    line.command('N-17');
    const later = line.restarted();
    assert.deepEqual(events(later.after(20)), ['expired N-17']);
    assert.deepEqual(events(line.restarted({ samples: OPTIONS.samples.slice(0, 1) }).after(0)), ['lost N-17']);
  });
  it('keeps what is wrong, and forgets it with its sample', () => {
    const line = new Line();
    line.command('N-17');
    line.part([]);
    assert.equal(line.restarted().check.state(line.nowMs).problem, true);
    const without = line.restarted({ samples: OPTIONS.samples.slice(0, 1) });
    assert.equal(without.check.state(line.nowMs).problem, false);
  });
  for (const spoilt of [undefined, 7, { announced: 7, results: [7], last: {}, since: 'x' }, { announced: [{}] }]) {
    it(`takes the memory ${JSON.stringify(spoilt)} for none`, () => {
      assert.deepEqual(readGoldenMemory(spoilt), { announced: [], results: [], last: null, since: null });
    });
  }
});

describe('the schedule', () => {
  const schedule = { kind: 'hours', hours: 8 } as const;

  it('says that a check is due, reminds of it, says when it is overdue, and stops when all samples were right', () => {
    const line = new Line({ schedule });
    const [due] = line.after(0);
    assert.equal(due?.event, 'due');
    assert.deepEqual(due?.state.due?.samples, ['G-1', 'N-17']);
    assert.deepEqual(line.after(14), []);
    assert.deepEqual(events(line.after(1)), ['due']);
    const overdue = line.after(15);
    assert.deepEqual(events(overdue), ['overdue']);
    assert.equal(overdue[0]?.state.problem, true);
    assert.equal(overdue[0] && goldenAlert(overdue[0], true)?.severity, 'major');
    assert.equal(overdue[0] && goldenAlert(overdue[0], false), undefined);
    line.command('G-1');
    assert.deepEqual(line.part([]).golden?.state.due?.samples, ['N-17']);
    line.command('N-17');
    assert.equal(line.part(SCRATCH).golden?.state.due, null);
    assert.deepEqual(line.after(7 * 60), []);
    assert.deepEqual(events(line.after(61)), ['due']);
  });

  it('a wrong or uninspected part leaves the check due', () => {
    const line = new Line({ schedule });
    for (const end of [{ payload: [] }, { notInspected: { reason: 'timeout', detail: '' } }]) {
      line.command('N-17');
      line.judge(end);
      assert.deepEqual(line.check.state(line.nowMs).due?.samples, ['G-1', 'N-17']);
    }
  });

  it('with stop, judges no part while a check is overdue, but still the golden ones', () => {
    const line = new Line({ schedule, overdue: 'stop' });
    assert.equal(line.part(SCRATCH).verdict.verdict, 'FAIL', 'due is not overdue');
    line.after(31);
    const { verdict, alerts } = line.part(SCRATCH);
    assert.deepEqual([verdict.verdict, verdict.reason, alerts], ['NOT_INSPECTED', 'golden check due', []]);
    assert.match(verdict.detail ?? '', /overdue since .*: G-1, N-17/);
    const lost = line.judge({ notInspected: { reason: 'camera lost', detail: 'gone' } });
    assert.equal(lost.verdict.reason, 'camera lost', 'the first cause stays');
    for (const [sample, payload] of [
      ['G-1', []],
      ['N-17', SCRATCH],
    ] as const) {
      line.command(sample);
      assert.equal(line.part(payload).verdict.golden?.outcome, 'right');
    }
    assert.equal(line.part(SCRATCH).verdict.verdict, 'FAIL');
    const { triggers, pass, fail, notInspected } = line.station.counters;
    assert.deepEqual([triggers, pass, fail, notInspected], [4, 0, 2, 2]);
  });

  it('with stop, judges no part after a wrong result either', () => {
    const line = new Line({ overdue: 'stop' });
    line.command('N-17');
    line.part([]);
    assert.equal(line.part([]).verdict.reason, 'golden check due');
  });

  it('does not begin anew with a restart', () => {
    const line = new Line({ schedule });
    line.after(29);
    assert.deepEqual(events(line.restarted({ schedule }).after(1)), ['overdue']);
  });
});

describe('stream mode', () => {
  it('is refused by a change of the rules where there are golden samples', () => {
    const line = new Line();
    assert.throws(
      () => line.station.changeRules({ events: { mode: 'stream' } }),
      /Expected "part", as there are golden samples, for rules.events.mode but received "stream"/,
    );
    assert.equal(line.station.rules.events.mode, 'part');
  });
});
