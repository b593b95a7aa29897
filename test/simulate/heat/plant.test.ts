import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../../src/kit/random';
import { Plant, capacityPerSecond, firmwareClock, sustainableRate } from '../../../src/simulate/heat/plant';
import { COOLINGS, coolingOf, plantParameters, varied } from '../../../src/simulate/heat/plant-parameters';

const IDLE = { ratePerSecond: 0, threads: 4, shadowShare: 0 } as const;

describe('plant', () => {
  it('stands still when it idles', () => {
    const plant = new Plant(plantParameters('passive'), 25);
    const before = plant.dieC;
    plant.step(IDLE, 25, 3600);
    assert.ok(Math.abs(plant.dieC - before) < 0.01, `${before} became ${plant.dieC}`);
    assert.ok(Math.abs(before - (25 + 2.7 * 7)) < 0.01);
  });

  for (const cooling of COOLINGS) {
    it(`ends at soft when it inspects at the sustainable rate (${cooling})`, () => {
      const parameters = plantParameters(cooling);
      // air warm enough that full load would be hotter than soft
      const ambientC = 75 - 5 * (parameters.dieKPerW + parameters.bodyKPerW);
      const rate = sustainableRate(parameters, ambientC, 75);
      assert.ok(rate > 0 && rate < capacityPerSecond(parameters, 4));
      const plant = new Plant(parameters, ambientC);
      const done = plant.step({ ratePerSecond: rate, threads: 4, shadowShare: 0 }, ambientC, 7200);
      assert.ok(Math.abs(plant.dieC - 75) < 0.05, `${plant.dieC} °C`);
      assert.ok(Math.abs(done / 7200 - rate) < 1e-6);
    });
  }

  it('sustains nothing where idling is hotter than soft, and no more than the capacity where it is cool', () => {
    const parameters = plantParameters('none');
    assert.equal(sustainableRate(parameters, 60, 75), 0);
    assert.equal(sustainableRate(parameters, -20, 75), capacityPerSecond(parameters, 4));
  });

  it('uncooled at full load is beyond 80 °C within minutes, and the firmware then slows the clock', () => {
    const plant = new Plant(plantParameters('none'), 22);
    const full = { ratePerSecond: 100, threads: 4, shadowShare: 0 } as const;
    const perSecondCold = plant.step(full, 22, 10) / 10;
    plant.step(full, 22, 600);
    assert.ok(plant.dieC > 80 && plant.dieC < 90, `${plant.dieC} °C`);
    assert.ok(plant.clock < 1);
    assert.ok(plant.step(full, 22, 10) / 10 < 0.95 * perSecondCold);
  });

  it('a shadow heats only in time that the line leaves free', () => {
    const parameters = plantParameters('passive');
    const settled = (ratePerSecond: number, shadowShare: number) => {
      const plant = new Plant(parameters, 20);
      plant.step({ ratePerSecond, threads: 4, shadowShare }, 20, 7200);
      return plant.dieC;
    };
    assert.ok(settled(5, 0.5) > settled(5, 0) + 3);
    assert.ok(Math.abs(settled(100, 0.5) - settled(100, 0)) < 0.01);
  });

  it('the clock falls without a jump from 80 to 85 °C', () => {
    assert.equal(firmwareClock(79.9), 1);
    assert.ok(Math.abs(firmwareClock(84.999) - 1500 / 2400) < 0.001);
    assert.equal(firmwareClock(90), 1000 / 2400);
  });

  it('varies every parameter within the spread, both thread counts alike, and the same for the same seed', () => {
    const base = plantParameters('active');
    for (let seed = 0; seed < 50; seed++) {
      const board = varied(base, 0.3, new Random(seed));
      assert.deepEqual(board, varied(base, 0.3, new Random(seed)));
      for (const key of ['idleW', 'dieKPerW', 'dieJPerK', 'bodyKPerW', 'bodyJPerK'] as const) {
        assert.ok(Math.abs(board[key] / base[key] - 1) <= 0.3 + 1e-9, `${key} of seed ${seed}`);
      }
      assert.ok(Math.abs(board.activeW[4] / base.activeW[4] - board.activeW[2] / base.activeW[2]) < 1e-9);
    }
  });

  it('refuses a cooling it does not know', () => {
    assert.throws(() => coolingOf('water'), /Expected one of none, passive, active for cooling but received "water"/);
  });
});
