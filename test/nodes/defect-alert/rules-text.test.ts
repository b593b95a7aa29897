import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  classRowsOf,
  debounceOf,
  parseRules,
  problemOf,
  rulesText,
  twiceIn,
  withClasses,
  withDebounce,
  withZones,
  zonesOf,
} from '../../../nodes/defect-alert/dialog/rules-text';

const KNOWN = ['short', 'spur'];
const ROW = { label: '', counts: '', minConfidence: '', minWidth: '', minHeight: '' };
const ALL = {
  classes: { spur: { minConfidence: 0.5, minArea: 40, severity: 'critical' }, screw: { ignore: true } },
  zones: [
    {
      name: 'fixture',
      kind: 'exclude',
      points: [
        [0, 0],
        [0.2, 0],
        [0.2, 1],
      ],
      labels: ['short'],
    },
  ],
  debounce: { hits: 2, frames: 3 },
  rateLimit: { alerts: 10, perMs: 60_000 },
};

describe('the rules as text and as lists', () => {
  it('a text becomes lists, and the lists become the same rules again', () => {
    const rules = parseRules(JSON.stringify(ALL));
    const again = withDebounce(
      withZones(withClasses(rules, classRowsOf(rules, KNOWN)), zonesOf(rules)),
      debounceOf(rules),
    );
    assert.deepEqual(again, ALL);
    assert.deepEqual(parseRules(rulesText(again)), ALL);
    assert.match(rulesText(again), /"points": \[\[0, 0\], \[0\.2, 0\], \[0\.2, 1\]\]/);
  });

  it('one row per class of the model, then those that only the rules know', () => {
    assert.deepEqual(classRowsOf(ALL, KNOWN), [
      { ...ROW, label: 'short' },
      { ...ROW, label: 'spur', counts: 'critical', minConfidence: '0.5' },
      { ...ROW, label: 'screw', counts: 'ignore' },
    ]);
  });

  it('what nothing is said about is not in the text, what the list does not show stays', () => {
    const rows = [{ ...ROW, label: 'short' }, { ...ROW, label: 'spur', minWidth: '12' }, ROW];
    assert.deepEqual(withClasses(ALL, rows).classes, { spur: { minArea: 40, minWidth: 12 } });
    assert.equal(rulesText(withClasses({}, [ROW, { ...ROW, label: 'short' }])), '');
    assert.deepEqual(withZones(withDebounce({}, { hits: '', frames: '' }), []), {});
  });

  it('a class called __proto__ is a class like any other', () => {
    const rules = withClasses({}, [{ ...ROW, label: '__proto__', minWidth: '3' }]);
    assert.equal(rulesText(rules).includes('"__proto__"'), true);
    assert.equal(classRowsOf(parseRules(rulesText(rules)), [])[0]?.minWidth, '3');
  });

  it('a class in two rows is found', () => {
    const row = { ...ROW, label: 'spur', minWidth: '12' };
    assert.equal(twiceIn([row, { ...row, label: ' spur ' }]), 'spur');
    assert.equal(twiceIn([row, { ...ROW, label: 'spur' }]), undefined);
  });

  for (const [text, sentence] of [
    ['{oops', 'Expected a JSON object for rules but received "{oops"'],
    ['[]', 'Expected a JSON object for rules but received an array of length 0'],
    [
      rulesText(withClasses({}, [{ ...ROW, label: 'spur', minConfidence: 'high' }])),
      'Expected a number between 0 and 1 for rules.classes["spur"].minConfidence but received "high"',
    ],
    [
      '{"classes":{"sput":{"ignore":true}}}',
      'Expected one of the model\'s classes (short, spur) for a class of the rules but received "sput"',
    ],
    [
      '{"zones":[{"name":"z","kind":"include","points":[[0,0],[1,0],[1,1]],"labels":["Spur"]}]}',
      'Expected one of the model\'s classes (short, spur) for a class of the zone z but received "Spur"',
    ],
  ] as const) {
    it(`says what is wrong with ${text.slice(0, 40)}`, () => assert.equal(problemOf(text, KNOWN), sentence));
  }

  it('nothing is wrong with classes where none are known', () => {
    assert.equal(problemOf('{"classes":{"sput":{"ignore":true}}}'), undefined);
  });
});
