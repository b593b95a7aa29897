import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../src/kit/random';
import { UNLIMITED_BUDGET } from '../../src/contract/budget';
import { Scheduler, type AdmitKind } from '../../src/station/scheduler';

interface Asker {
  camera: string;
  kind: AdmitKind;
  perSecond: number;
}

/** Lets askers ask at their rates, in a shuffled order, and counts what each was admitted per second. */
function run(scheduler: Scheduler, askers: Asker[], seconds: number, fromMs = 0): number[] {
  const random = new Random('askers');
  const asks = askers.flatMap(({ perSecond }, index) =>
    Array.from({ length: perSecond * seconds }, () => ({ index, atMs: fromMs + random.between(0, seconds * 1000) })),
  );
  const admitted = askers.map(() => 0);
  for (const { index, atMs } of asks.sort((a, b) => a.atMs - b.atMs)) {
    const { perSecond: _rate, ...request } = askers[index] as Asker;
    if (scheduler.admit({ ...request, nowMs: atMs }).admitted) admitted[index] = (admitted[index] ?? 0) + 1;
  }
  return admitted.map((count) => count / seconds);
}

function near(actual: number | undefined, wanted: number, tolerance: number): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - wanted) <= tolerance,
    `${actual} instead of ${wanted} ± ${tolerance}`,
  );
}

const line = (camera: string, perSecond: number): Asker => ({ camera, kind: 'primary', perSecond });

describe('scheduler', () => {
  it('admits everything without a limit', () => {
    const rates = run(new Scheduler(), [line('a', 50), { camera: 'a', kind: 'calibration', perSecond: 50 }], 10);
    assert.deepEqual(rates, [50, 50]);
  });

  it('keeps to the rate, all cameras together', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 10 });
    const rates = run(scheduler, [line('a', 30), line('b', 30), line('c', 30)], 100);
    near(
      rates.reduce((sum, rate) => sum + rate, 0),
      10,
      0.2,
    );
    for (const rate of rates) near(rate, 10 / 3, 0.35);
  });

  it('gives a slow camera all it asks for and the rest to the fast ones', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 9 });
    const [slow, fast, faster] = run(scheduler, [line('slow', 1), line('fast', 20), line('faster', 60)], 200);
    // frames of a real camera come at random here: two of them closer than a full bucket cost a few
    near(slow, 1, 0.15);
    near((fast ?? 0) + (faster ?? 0), 8, 0.3);
    assert.ok((faster ?? 0) < 1.5 * (fast ?? 0), `${fast} and ${faster}`);
  });

  it('a camera that stops leaves its part to the others', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 10 });
    run(scheduler, [line('a', 30), line('b', 30)], 20);
    const [alone] = run(scheduler, [line('a', 30)], 60, 60_000);
    near(alone, 10, 0.3);
  });

  it('shadow and calibration never take a frame from the line', () => {
    const alone = new Scheduler();
    alone.setBudget({ framesPerSecond: 10 });
    const [before] = run(alone, [line('a', 30)], 100);
    const flooded = new Scheduler();
    flooded.setBudget({ framesPerSecond: 10 });
    const [after, shadow, calibration] = run(
      flooded,
      [
        line('a', 30),
        { camera: 'a', kind: 'shadow', perSecond: 200 },
        { camera: 'a', kind: 'calibration', perSecond: 200 },
      ],
      100,
    );
    near(after, before ?? 0, 0.05);
    assert.deepEqual([shadow, calibration], [0, 0]);
  });

  it('shadow gets what the line leaves', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 10 });
    const [primary, shadow] = run(scheduler, [line('a', 2), { camera: 'a', kind: 'shadow', perSecond: 40 }], 100);
    near(primary, 2, 0.1);
    assert.ok((shadow ?? 0) > 5 && (shadow ?? 0) < 8.2, `${shadow}`);
  });

  it('paused: nothing, with the reason', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ paused: true, reason: '81.0 °C' });
    assert.deepEqual(scheduler.admit({ camera: 'a', kind: 'primary', nowMs: 0 }), {
      admitted: false,
      reason: 'too hot',
      detail: '81.0 °C',
    });
    scheduler.setBudget({ paused: false, reason: '' });
    assert.ok(scheduler.admit({ camera: 'a', kind: 'primary', nowMs: 1 }).admitted);
  });

  it('shadow off: the line goes on, shadow and calibration do not', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ shadow: false, reason: 'warm' });
    assert.ok(scheduler.admit({ camera: 'a', kind: 'primary', nowMs: 0 }).admitted);
    for (const kind of ['shadow', 'calibration'] as const) {
      assert.deepEqual(scheduler.admit({ camera: 'a', kind, nowMs: 0 }), {
        admitted: false,
        reason: 'too hot',
        detail: 'warm',
      });
    }
  });

  it('keeps to one frame in two minutes just as well', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 1 / 120 });
    const [rate] = run(scheduler, [line('a', 5)], 3600);
    near((rate ?? 0) * 3600, 30, 1);
  });

  it('tells what is asked for and what is admitted, also what cameras hold back', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 4 });
    run(scheduler, [line('a', 20)], 60);
    const rates = scheduler.rates(60_000);
    near(rates.offeredPerSecond, 20, 4);
    near(rates.admittedPerSecond, 4, 0.8);
    scheduler.setDemand('a', 25);
    scheduler.setDemand('b', 5);
    assert.equal(scheduler.rates(200_000).offeredPerSecond, 30);
    scheduler.setDemand('a', undefined);
    assert.equal(scheduler.rates(200_000).offeredPerSecond, 5);
  });

  it('tells a change of the budget and of the thermal state, once each', () => {
    const scheduler = new Scheduler();
    const heard: string[] = [];
    scheduler.on('budget', ({ reason }) => heard.push(`budget ${reason}`));
    scheduler.on('condition', ({ state }) => heard.push(state));
    scheduler.setBudget({ reason: 'warm' });
    scheduler.setCondition({ state: 'full', tempC: 50, reason: '' });
    scheduler.setCondition({ state: 'full', tempC: 51, reason: '' });
    scheduler.setCondition({ state: 'shadow off', tempC: 74, reason: 'warm' });
    assert.deepEqual(heard, ['budget warm', 'full', 'shadow off']);
    assert.equal(scheduler.condition?.tempC, 74);
  });

  it('keeps to the strictest of several owners, and forgets one that is gone', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 5, shadow: false, reason: 'five' }, 'a');
    scheduler.setBudget({ framesPerSecond: 2, threads: 2, reason: 'two' }, 'b');
    assert.deepEqual(scheduler.budget, { framesPerSecond: 2, threads: 2, shadow: false, paused: false, reason: 'two' });
    scheduler.setBudget({ paused: true, reason: 'stop' }, 'a');
    assert.equal(scheduler.budget.reason, 'stop');
    scheduler.release('a');
    assert.deepEqual(scheduler.budget, { framesPerSecond: 2, threads: 2, shadow: true, paused: false, reason: 'two' });
    scheduler.release('b');
    assert.deepEqual(scheduler.budget, { ...UNLIMITED_BUDGET });
  });

  it('the condition is that of the hottest board', () => {
    const scheduler = new Scheduler();
    scheduler.setCondition({ state: 'unknown', tempC: null, reason: '' }, 'blind');
    assert.equal(scheduler.condition?.state, 'unknown');
    scheduler.setCondition({ state: 'paused', tempC: 81, reason: 'hot' }, 'a');
    scheduler.setCondition({ state: 'full', tempC: 50, reason: '' }, 'b');
    assert.equal(scheduler.condition?.tempC, 81);
    scheduler.release('a');
    assert.equal(scheduler.condition?.tempC, 50);
  });
});

describe('frames in tiles', () => {
  it('cost as many frames as the model ran for the last one of their camera', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 12 });
    scheduler.reportInspected(0, { camera: 'tiled', runs: 12 });
    const [tiled, plain] = run(scheduler, [line('tiled', 20), line('plain', 20)], 200);
    near(tiled, 0.5, 0.1);
    near(plain, 6, 0.3);
  });

  it('are let in at a rate below their cost, one when the last is paid', () => {
    const scheduler = new Scheduler();
    scheduler.setBudget({ framesPerSecond: 2 });
    scheduler.reportInspected(0, { camera: 'tiled', runs: 48 });
    const [tiled] = run(scheduler, [line('tiled', 5)], 480);
    near(tiled, 1 / 24, 0.005);
  });

  it('are what a governor sees; people see frames', () => {
    const scheduler = new Scheduler();
    for (let nowMs = 0; nowMs <= 60_000; nowMs += 1000) {
      scheduler.admit({ camera: 'tiled', kind: 'primary', nowMs });
      scheduler.reportInspected(nowMs, { camera: 'tiled', runs: 6 });
    }
    near(scheduler.rates(60_000).inspectedPerSecond, 1, 0.1);
    near(scheduler.runRates(60_000).spentPerSecond, 6, 0.5);
    near(scheduler.runRates(60_000).offeredPerSecond, 6, 0.5);
    scheduler.setDemand('tiled', 2);
    scheduler.setBudget({ framesPerSecond: 6 });
    near(scheduler.affordable('tiled'), 1, 1e-9);
    near(scheduler.runRates(60_000).offeredPerSecond, 12, 1e-9);
    // without tiles again
    scheduler.reportInspected(60_000, { camera: 'tiled' });
    near(scheduler.affordable('tiled'), 2, 1e-9);
  });
});
