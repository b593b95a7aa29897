import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../../src/kit/random';
import { sensorReading } from '../../src/simulate/heat/sensor-model';
import { TrendWindow } from '../../src/thermal/trend';

describe('trend', () => {
  it('finds a straight line exactly', () => {
    const window = new TrendWindow(60_000);
    for (let s = 0; s <= 100; s++) window.add(s * 1000, 40 + 0.05 * s);
    const trend = window.trend();
    assert.ok(trend);
    assert.ok(Math.abs(trend.tempC - 45) < 1e-9 && Math.abs(trend.slopeKPerS - 0.05) < 1e-9);
  });

  it('has no trend without readings and no slope from too few', () => {
    const window = new TrendWindow(60_000);
    assert.equal(window.trend(), undefined);
    assert.equal(window.recentC(4000), undefined);
    window.add(0, 50);
    window.add(1000, 60);
    assert.deepEqual(window.trend(), { tempC: 55, slopeKPerS: 0, aheadErrorK: Infinity });
  });

  it('forgets readings older than its window', () => {
    const window = new TrendWindow(10_000);
    for (let s = 0; s < 100; s++) window.add(s * 1000, 20);
    for (let s = 100; s < 112; s++) window.add(s * 1000, 70);
    assert.ok(Math.abs((window.trend()?.tempC ?? 0) - 70) < 1e-9);
    assert.equal(window.recentC(4000), 70);
  });

  it('sees a slow rise through noise and steps of half a degree', () => {
    const random = new Random('trend');
    const window = new TrendWindow(90_000);
    for (let s = 0; s < 90; s++) window.add(s * 1000, sensorReading(60 + 0.03 * s, random));
    const trend = window.trend();
    assert.ok(trend);
    assert.ok(Math.abs(trend.slopeKPerS - 0.03) < 0.012, `${trend.slopeKPerS}`);
    assert.ok(Math.abs(trend.tempC - 62.67) < 0.6, `${trend.tempC}`);
  });

  it('readings come in steps of the quantum', () => {
    const random = new Random('steps');
    for (let i = 0; i < 200; i++) {
      const steps = sensorReading(50, random) / 0.55;
      assert.ok(Math.abs(steps - Math.round(steps)) < 1e-9);
    }
  });
});
