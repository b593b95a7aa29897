import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findDefects } from '../../../src/alert/judge/defects';
import { DEFAULT_RULES, readRules } from '../../../src/alert/judge/rules';
import { rulesId } from '../../../src/alert/judge/rules-id';
import { AlertStation } from '../../../src/alert/station';
import { InspectionError } from '../../../src/contract/errors';
import { RUNS } from '../../helpers/property-runs';

const NOW_MS = Date.parse('2026-01-02T03:04:06.000Z');
const KEYS = [...Object.keys(DEFAULT_RULES), '__proto__', 'other'];
const labels = fc.constantFrom('scratch', 'dent', 'dust');
const detection = fc.record({
  label: labels,
  classId: fc.integer({ min: 0, max: 2 }),
  confidence: fc.double({ min: 0, max: 1, noNaN: true }),
  box: fc.record({
    x: fc.integer({ min: 0, max: 90 }),
    y: fc.integer({ min: 0, max: 90 }),
    width: fc.integer({ min: 1, max: 10 }),
    height: fc.integer({ min: 1, max: 10 }),
  }),
});

describe('properties of the rules', () => {
  it('whatever is read as rules is refused in one sentence, or is rules that read as themselves', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom(...KEYS), fc.jsonValue())), (value) => {
        try {
          const rules = readRules(value);
          assert.deepEqual(readRules(rules), rules);
          assert.equal(rulesId(readRules(rules)), rulesId(rules));
        } catch (error) {
          assert.ok(error instanceof InspectionError, String(error));
          assert.match(error.message, /^Expected [^\n]* for [^\n]* but received [^\n]*$/);
        }
      }),
      RUNS,
    );
  });

  it('a higher confidence asked for never fails more, a class that is ignored never fails', () => {
    fc.assert(
      fc.property(fc.array(detection, { maxLength: 20 }), labels, (list, ignored) => {
        const counts = [0, 0.3, 0.6, 0.9, 1].map(
          (minConfidence) => findDefects(list, readRules({ minConfidence })).length,
        );
        assert.deepEqual(
          counts,
          [...counts].sort((a, b) => b - a),
        );
        const rules = readRules({ minConfidence: 0, classes: { [ignored]: { ignore: true } } });
        const found = findDefects(list, rules);
        assert.deepEqual(
          found.map(({ label }) => label),
          list.map(({ label }) => label).filter((label) => label !== ignored),
        );
      }),
      RUNS,
    );
  });

  it('every message is one verdict, and the counters add up', () => {
    const input = fc.record(
      {
        payload: fc.oneof(fc.array(detection), fc.jsonValue()),
        frame: fc.jsonValue(),
        inference: fc.jsonValue(),
        notInspected: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(input, { maxLength: 10 }), (inputs) => {
        const station = new AlertStation('s', NOW_MS);
        const verdicts = inputs.map((one) => station.judge(one, NOW_MS).verdict.verdict);
        const { triggers, pass, fail, notInspected } = station.counters;
        const of = (word: string): number => verdicts.filter((verdict) => verdict === word).length;
        assert.deepEqual([pass, fail, notInspected], [of('PASS'), of('FAIL'), of('NOT_INSPECTED')]);
        assert.equal(triggers, inputs.length);
      }),
      RUNS,
    );
  });
});
