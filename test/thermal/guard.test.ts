import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scheduler } from '../../src/station/scheduler';
import { ThreadBudget } from '../../src/station/thread-budget';
import { ThermalGuard } from '../../src/thermal/guard';
import { until } from '../helpers/until';

/** A guard whose sensor and clock belong to the test. */
function bench(first: number | undefined) {
  const scheduler = new Scheduler();
  const threads = new ThreadBudget();
  const asked: (number | undefined)[] = [];
  threads.add({ reconfigure: ({ threads }) => (asked.push(threads), Promise.resolve({} as never)) }, 4);
  const board = { tempC: first, nowMs: 0 };
  const guard = new ThermalGuard(
    { owner: 'guard', governor: {} },
    {
      scheduler,
      threads,
      clock: () => board.nowMs,
      sensor: { readTempC: () => Promise.resolve(board.tempC), readRest: () => Promise.resolve({ clockMHz: 2400 }) },
    },
  );
  const steps: string[] = [];
  const problems: string[] = [];
  guard.on('step', ({ condition }) => steps.push(condition.state));
  guard.on('problem', (sentence) => problems.push(sentence));
  async function look(seconds: number, tempC: number | undefined): Promise<void> {
    board.tempC = tempC;
    for (let s = 0; s < seconds; s++) {
      board.nowMs += 1000;
      await guard.look();
    }
  }
  return { guard, scheduler, asked, steps, problems, look };
}

describe('thermal guard', () => {
  it('publishes the condition and the budget, and has the threads follow', async () => {
    const { scheduler, asked, steps, look } = bench(50);
    await look(30, 50);
    assert.deepEqual(scheduler.condition, { state: 'full', tempC: 50, reason: '' });
    assert.deepEqual(steps, []);
    await look(10, 81.5);
    assert.equal(scheduler.budget.paused, true);
    assert.equal(scheduler.condition?.state, 'paused');
    assert.deepEqual(asked, [2]);
    await look(3600, 55);
    assert.equal(scheduler.condition?.state, 'full');
    assert.equal(scheduler.budget.framesPerSecond, Infinity);
    assert.deepEqual(asked, [2, 4]);
    assert.deepEqual(steps.slice(-2), ['shadow off', 'full']);
  });

  it('shows what the sensor reads, not where the trend line is', async () => {
    const { guard, scheduler, look } = bench(50);
    await look(60, 80);
    await look(2, 50);
    assert.equal(scheduler.condition?.tempC, 50);
    assert.equal(guard.state.board.tempC, 50);
  });

  it('a reason goes with the temperature, in the condition and for refused frames', async () => {
    const { scheduler, look } = bench(50);
    const told: unknown[] = [];
    scheduler.on('budget', (budget) => told.push(budget));
    await look(10, 81.5);
    const changes = told.length;
    await look(20, 79.3);
    assert.match(scheduler.condition?.reason ?? '', /^79\.3 °C/);
    const refused = scheduler.admit({ camera: 'a', kind: 'primary' });
    assert.match(refused.admitted ? '' : refused.detail, /^79\.3 °C/);
    assert.equal(told.length, changes, 'new words are no new budget');
  });

  it('a machine without a sensor: told once, nothing is held back', async () => {
    const { scheduler, steps, problems, look } = bench(undefined);
    await look(60, undefined);
    assert.deepEqual(problems, [
      'There is no temperature sensor on this machine: nothing is held back, whatever the heat',
    ]);
    assert.deepEqual(scheduler.condition, { state: 'unknown', tempC: null, reason: '' });
    assert.deepEqual(steps, []);
    assert.equal(scheduler.admit({ camera: 'a', kind: 'primary' }).admitted, true);
  });

  it('a sensor that needs a moment at the start is no missing sensor', async () => {
    const { scheduler, problems, look } = bench(undefined);
    await look(2, undefined);
    await look(1, 45);
    assert.deepEqual(problems, []);
    assert.equal(scheduler.condition?.state, 'full');
  });

  it('a sensor that comes later is used', async () => {
    const { scheduler, look } = bench(undefined);
    await look(10, undefined);
    await look(10, 45);
    assert.equal(scheduler.condition?.state, 'full');
  });

  it('one bad reading is nothing; a lost sensor means less of everything until it is back', async () => {
    const { scheduler, steps, problems, asked, look } = bench(50);
    for (let i = 0; i < 40; i++) scheduler.admit({ camera: 'a', kind: 'primary' });
    await look(20, 50);
    await look(3, undefined);
    await look(5, 50);
    assert.deepEqual(problems, []);
    await look(10, undefined);
    assert.equal(problems.length, 1);
    assert.match(String(problems[0]), /^The temperature sensor gives no usable reading any more/);
    const { framesPerSecond, threads, shadow, paused, reason } = scheduler.budget;
    assert.ok(framesPerSecond < Infinity && framesPerSecond > 0);
    assert.deepEqual([threads, shadow, paused], [2, false, false]);
    assert.match(reason, /^The temperature sensor was lost/);
    assert.equal(scheduler.condition?.state, 'sensor lost');
    await look(5, 50);
    assert.equal(scheduler.condition?.state, 'full');
    assert.equal(scheduler.budget.framesPerSecond, Infinity);
    assert.deepEqual(asked, [2, 4]);
    assert.deepEqual(steps, ['sensor lost', 'full']);
  });

  it('lost while too hot: paused for ten more minutes, then careful', async () => {
    const { scheduler, problems, look } = bench(50);
    await look(20, 50);
    await look(5, 82);
    assert.equal(scheduler.budget.paused, true);
    await look(300, undefined);
    assert.equal(scheduler.budget.paused, true);
    assert.match(scheduler.budget.reason, /stays paused for ten minutes$/);
    await look(400, undefined);
    assert.deepEqual([scheduler.budget.paused, scheduler.budget.shadow], [false, false]);
    assert.equal(problems.length, 1);
  });

  it('takes back what it held back when it stops', async () => {
    const { guard, scheduler, asked, look } = bench(50);
    await look(5, 84);
    assert.equal(scheduler.budget.paused, true);
    await guard.stop();
    assert.equal(scheduler.budget.paused, false);
    assert.equal(scheduler.condition, undefined);
    assert.deepEqual(asked, [2, 4]);
  });

  it('looks by itself, and no more after it stopped', async () => {
    const { guard } = bench(40);
    guard.start();
    try {
      await until('a look', () => guard.state.condition.tempC === 40 && guard.state.board.clockMHz === 2400);
    } finally {
      await guard.stop();
    }
    const { state } = guard;
    await guard.look();
    assert.equal(guard.state, state);
  });
});
