import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { thermalReport } from '../../../src/simulate/heat/heat-page';
import { simulateThermal } from '../../../src/simulate/heat/simulate';

describe('thermal report', () => {
  const options = { ambientC: 45, cooling: 'passive', minutes: 30, load: 1, traceEveryS: 10 } as const;
  const results = [simulateThermal(options), simulateThermal({ ...options, controller: 'firmware' })];
  const html = thermalReport(results, { softC: 75, hardC: 82 }, '45 °C <script>');

  it('draws temperature and rate of every run', () => {
    assert.equal(html.match(/<svg /g)?.length, 4);
    assert.ok(!/NaN|Infinity|undefined/.test(html));
  });

  it('loads nothing from anywhere', () => {
    assert.ok(!/(src|href)=|@import|url\(/.test(html));
  });

  it('escapes its title', () => {
    assert.ok(!html.includes('<script>'));
  });
});
