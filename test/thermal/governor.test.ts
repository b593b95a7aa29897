import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { THERMAL_LEVELS } from '../../src/contract/thermal';
import { Governor, type GovernorState } from '../../src/thermal/governor';
import { temperatureLimits } from '../../src/thermal/governor-options';

/** Feeds a course of temperatures, one a second, to a governor of a line that inspects as told, 10 per second at most. */
function follow(
  governor: Governor,
  fromS: number,
  untilS: number,
  tempAt: (second: number) => number,
): GovernorState[] {
  const states: GovernorState[] = [];
  let rate = 10;
  for (let s = fromS; s < untilS; s++) {
    const state = governor.update({
      nowMs: s * 1000,
      tempC: tempAt(s),
      inspectedPerSecond: rate,
      offeredPerSecond: 10,
    });
    rate = state.budget.paused ? 0 : Math.min(10, state.budget.framesPerSecond);
    states.push(state);
  }
  return states;
}

const levelsOf = (states: GovernorState[]) => [...new Set(states.map((state) => state.level))];

describe('governor', () => {
  it('holds nothing back on a cool board', () => {
    const states = follow(new Governor(), 0, 600, () => 55);
    assert.deepEqual(levelsOf(states), ['full']);
    assert.deepEqual(states.at(-1)?.budget, {
      framesPerSecond: Infinity,
      threads: undefined,
      shadow: true,
      paused: false,
      reason: '',
    });
    assert.ok(states.every((state) => !state.changed));
  });

  it('spends in order and gives back in reverse', () => {
    const governor = new Governor();
    // rises slowly through soft, stays above it, then the air cools
    const rising = follow(governor, 0, 2400, (s) => 60 + Math.min(18, s / 60));
    assert.deepEqual(levelsOf(rising), [...THERMAL_LEVELS]);
    const falling = follow(governor, 2400, 9000, (s) => Math.max(40, 78 - (s - 2400) / 30));
    assert.deepEqual(levelsOf(falling), [...THERMAL_LEVELS].reverse());
    assert.equal(falling.at(-1)?.budget.framesPerSecond, Infinity);
  });

  it('acts before the heat is there: it looks at the slope', () => {
    const states = follow(new Governor(), 0, 300, (s) => 60 + 0.06 * s);
    const first = states.find((state) => state.level === 'rate reduced');
    assert.ok(first && first.tempC < 74, `first at ${first?.tempC} °C`);
  });

  it('each level includes the ones before it', () => {
    const states = follow(new Governor(), 0, 2400, (s) => 60 + Math.min(18, s / 60));
    for (const { level, budget } of states) {
      const rank = THERMAL_LEVELS.indexOf(level);
      assert.equal(budget.shadow, rank < 1);
      assert.equal(budget.framesPerSecond < Infinity, rank >= 2);
      assert.equal(budget.threads, rank >= 3 ? 2 : undefined);
      assert.equal(budget.paused, rank >= 4);
      assert.equal(budget.reason !== '', rank >= 1);
    }
  });

  it('stops at once near hard, whatever was given up so far', () => {
    const governor = new Governor();
    follow(governor, 0, 120, () => 60);
    const states = follow(governor, 120, 140, (s) => 60 + 2 * (s - 120));
    const paused = states.find((state) => state.level === 'paused');
    assert.ok(paused, 'paused within the jump');
    assert.match(paused.budget.reason, /inspection is paused$/);
  });

  it('inspects again by itself after a pause that began without any earlier step', () => {
    const governor = new Governor();
    follow(governor, 0, 10, () => 83);
    const states = follow(governor, 10, 3000, (s) => Math.max(50, 83 - s / 20));
    assert.equal(states.at(-1)?.level, 'full');
  });

  it('starts low on a board that is warm already, paused on a hot one, and full on one with room for a jump', () => {
    const [first] = follow(new Governor(), 0, 1, () => 72);
    assert.equal(first?.level, 'rate reduced');
    assert.ok((first?.budget.framesPerSecond ?? 0) <= 2);
    const [hot] = follow(new Governor(), 0, 1, () => 76);
    assert.equal(hot?.level, 'paused');
    const [room] = follow(new Governor(), 0, 1, () => 66);
    assert.equal(room?.level, 'full');
  });

  it('nothing winds up: after an hour of too much heat the rate comes back as fast as after ten minutes', () => {
    const recovery = (hotS: number) => {
      const governor = new Governor();
      follow(governor, 0, hotS, () => 77);
      const states = follow(governor, hotS, hotS + 3600, () => 65);
      return states.findIndex((state) => state.budget.framesPerSecond >= 5);
    };
    assert.ok(Math.abs(recovery(3600) - recovery(600)) <= 65, `${recovery(600)} s and ${recovery(3600)} s`);
  });

  it('nothing winds up the other way: an idle line on a warm board earns no more than a quarter beyond its demand', () => {
    const governor = new Governor();
    follow(governor, 0, 60, () => 72);
    const states = follow(governor, 60, 7200, () => 74.5);
    for (const { budget } of states) {
      if (Number.isFinite(budget.framesPerSecond))
        assert.ok(budget.framesPerSecond <= 12.51, `${budget.framesPerSecond}/s`);
    }
  });

  it('a line that stands still on a warm board earns no rate', () => {
    const governor = new Governor();
    follow(governor, 0, 600, () => 76);
    const rateOf = (second: number) =>
      governor.update({ nowMs: second * 1000, tempC: 74, inspectedPerSecond: 0, offeredPerSecond: 0 }).budget
        .framesPerSecond;
    const before = rateOf(600);
    assert.ok(before < 10);
    for (let s = 601; s < 7200; s++) assert.ok(rateOf(s) <= before, `${rateOf(s)}/s after ${s} s`);
  });

  it('pauses a good degree before hard when it gets there in spite of everything', () => {
    const states = follow(new Governor(), 0, 600, (s) => 60 + 0.05 * s);
    const second = states.findIndex((state) => state.level === 'paused');
    assert.ok(second > 0 && 60 + 0.05 * second < 81, `paused at ${60 + 0.05 * second} °C`);
    assert.ok(states.slice(0, second).some((state) => state.level === 'rate reduced'));
  });

  it('in calm conditions two changes are at least a minute apart', () => {
    const states = follow(new Governor(), 0, 7200, (s) => 74 + 2 * Math.sin(s / 400));
    const changes = states.flatMap((state, s) => (state.changed && s > 600 ? [s] : []));
    assert.ok(changes.length > 3);
    changes.slice(1).forEach((s, i) => assert.ok(s - (changes[i] ?? 0) >= 60, `${changes[i]} s and ${s} s`));
  });

  it('a shadow that is too much heat each time is tried less and less often', () => {
    const governor = new Governor();
    let shadow = true;
    let tempC = 60;
    const offS: number[] = [];
    for (let s = 0; s < 12_000; s++) {
      tempC += ((shadow ? 78 : 71) - tempC) / 200;
      const state = governor.update({ nowMs: s * 1000, tempC, inspectedPerSecond: 2, offeredPerSecond: 2 });
      if (state.changed && !state.budget.shadow && shadow) offS.push(s);
      shadow = state.budget.shadow;
    }
    const waits = offS.slice(1).map((s, i) => s - (offS[i] ?? 0));
    assert.ok(waits.length >= 3, `${offS.join(', ')}`);
    assert.ok((waits.at(-1) ?? 0) > 2 * (waits[0] ?? 0), `${waits.join(', ')}`);
  });

  for (const [soft, hard, sentence] of [
    [10, 82, /^Expected a number between 20 and 110 for soft \(°C\) but received 10$/],
    [75, 'hot', /^Expected a number between 20 and 110 for hard \(°C\) but received "hot"$/],
    [75, 76, /^Expected at least 2 °C more than soft \(75\) for hard \(°C\) but received 76$/],
  ] as const) {
    it(`refuses soft ${soft} with hard ${hard}`, () => {
      assert.throws(
        () => temperatureLimits(soft, hard),
        (error: Error) => sentence.test(error.message),
      );
    });
  }

  it('takes its limits as strings and has defaults', () => {
    assert.deepEqual(temperatureLimits('70', '80.5'), { softC: 70, hardC: 80.5 });
    assert.deepEqual(temperatureLimits(undefined, undefined), { softC: 75, hardC: 82 });
  });
});
