import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProfile } from '../../../src/simulate/heat/profile';
import { simulateThermal, type ThermalSimulation } from '../../../src/simulate/heat/simulate';

/** lab/bench/thermal-governor.ts runs 100 boards each. */
const SEEDS = 12;

const SCENARIOS: [string, Pick<ThermalSimulation, 'ambientC' | 'cooling'>][] = [
  ['45 °C with a passive heatsink', { ambientC: 45, cooling: 'passive' }],
  ['30 °C with nothing', { ambientC: 30, cooling: 'none' }],
];

describe('thermal simulation', () => {
  for (const [name, scenario] of SCENARIOS) {
    it(`${name}, boards of ± 30 %: never above hard, 90 % of the sustainable rate, a step a minute`, () => {
      for (let seed = 1; seed <= SEEDS; seed++) {
        const result = simulateThermal({ ...scenario, minutes: 120, load: 1, spread: 0.3, seed });
        const board = `board ${seed}`;
        assert.equal(result.secondsAboveHard, 0, board);
        assert.ok(result.maxTempC < 80, `${board}: ${result.maxTempC} °C`);
        if (result.idleC < 75) assert.ok(result.steadyRate >= 0.9 * result.sustainableRate, board);
        assert.ok(result.mostStepsPerMinute <= 1, board);
      }
    });
  }

  it('holds hard where no governor does, and inspects more steadily than a thermostat', () => {
    const scenario = { ambientC: 30, cooling: 'none', minutes: 120, load: 1 } as const;
    const governed = simulateThermal({ ...scenario, controller: 'governor' });
    const firmware = simulateThermal({ ...scenario, controller: 'firmware' });
    const thermostat = simulateThermal({ ...scenario, controller: 'thermostat' });
    assert.equal(governed.secondsAboveHard, 0);
    assert.ok(firmware.secondsAboveHard > 3600);
    assert.ok(firmware.steadyClock < 0.8 && governed.steadyClock === 1);
    assert.ok(governed.steadyRate > thermostat.steadyRate);
    assert.ok(governed.longestGapS < 5 && thermostat.longestGapS > 15);
  });

  it('too hot to idle: pauses, says so, and inspects again when the air cools', () => {
    const result = simulateThermal({
      ambientC: (minute) => (minute < 60 ? 58 : 35),
      cooling: 'passive',
      minutes: 120,
      load: 1,
    });
    const pause = result.steps.find((step) => step.level === 'paused');
    assert.ok(pause && pause.atS < 3600);
    assert.match(pause.reason, /inspection is paused/);
    assert.notEqual(result.steps.at(-1)?.level, 'paused');
    assert.ok(result.steadyRate > 1, `${result.steadyRate}/s in the second hour`);
  });

  it('a line that stops and goes does not get above hard', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const result = simulateThermal({
        ambientC: 30,
        cooling: 'none',
        minutes: 60,
        load: (minute) => (Math.floor(minute / 7) % 2 === 0 ? 1 : 0),
        spread: 0.3,
        seed,
      });
      assert.equal(result.secondsAboveHard, 0, `board ${seed}`);
    }
  });

  it('is the same run for the same seed', () => {
    const options = { ambientC: 45, cooling: 'passive', minutes: 10, load: 1, spread: 0.3, seed: 7 } as const;
    assert.deepEqual(simulateThermal(options), simulateThermal(options));
  });

  it('does not touch a cool board', () => {
    const result = simulateThermal({ ambientC: 25, cooling: 'active', minutes: 60, load: 1 });
    assert.deepEqual(result.steps, []);
    assert.ok(Math.abs(result.rate - 12.5) < 1e-6);
  });
});

describe('profile', () => {
  it('reads a value or steps', () => {
    assert.equal(parseProfile('45', '--ambient', -40, 85)(1e6), 45);
    const profile = parseProfile('0:55,60:35', '--ambient', -40, 85);
    assert.deepEqual([profile(0), profile(59.9), profile(60), profile(500)], [55, 55, 35, 35]);
  });

  for (const text of ['', 'hot', '5:45', '0:45,0:30', '0:45,30', '0:300', '1:2:3', '0:', '90']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseProfile(text, '--ambient', -40, 85),
        /Expected a number between -40 and 85, or minute:value/,
      );
    });
  }
});
