import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_RULES, readRules } from '../../../src/alert/judge/rules';
import { rulesId } from '../../../src/alert/judge/rules-id';

describe('readRules', () => {
  it('keeps what is not named', () => {
    const first = readRules({ minConfidence: '0.4', classes: { scratch: { minWidth: 10 } } });
    const second = readRules({ classes: { dent: { ignore: true }, scratch: { severity: 'critical' } } }, first);
    assert.equal(second.minConfidence, 0.4);
    assert.deepEqual(second.classes, { scratch: { minWidth: 10, severity: 'critical' }, dent: { ignore: true } });
    assert.deepEqual(second.events, DEFAULT_RULES.events);
  });

  it('takes a class rule, a field of it, and a default back with null', () => {
    const rules = readRules({
      classes: { a: { minWidth: 1, minHeight: 2 }, b: { ignore: true } },
      events: { iou: 0.9 },
    });
    const changed = readRules({ classes: { a: { minWidth: null }, b: null }, events: { iou: null } }, rules);
    assert.deepEqual(changed.classes, { a: { minHeight: 2 } });
    assert.equal(changed.events.iou, DEFAULT_RULES.events.iou);
  });

  it('does not change the rules it starts from', () => {
    const before = JSON.stringify(DEFAULT_RULES);
    readRules({ classes: { a: {} }, debounce: { hits: 2, frames: 3 }, zones: [] });
    assert.equal(JSON.stringify(DEFAULT_RULES), before);
  });

  it('takes a class called __proto__ for what it is', () => {
    const rules = readRules(JSON.parse('{"classes":{"__proto__":{"ignore":true}}}'));
    assert.deepEqual(Object.keys(rules.classes), ['__proto__']);
    assert.equal(({} as { ignore?: boolean }).ignore, undefined);
  });

  const refused: [unknown, RegExp][] = [
    ['x', /Expected an object for rules but received "x"/],
    [null, /Expected an object for rules/],
    [[], /Expected an object for rules but received an array of length 0/],
    [{ minConfidenc: 1 }, /Expected one of minConfidence, .* for a key of rules but received "minConfidenc"/],
    [{ minConfidence: 2 }, /Expected a number between 0 and 1 for rules.minConfidence but received 2/],
    [{ minConfidence: null }, /Expected a value for rules.minConfidence but received null/],
    [{ minConfidence: NaN }, /rules.minConfidence but received NaN/],
    [{ classes: { a: { minWidth: -1 } } }, /for rules.classes\["a"\].minWidth but received -1/],
    [{ classes: { a: { ignore: 'yes' } } }, /Expected true or false for rules.classes\["a"\].ignore/],
    [{ classes: { a: 5 } }, /Expected an object for rules.classes\["a"\] but received 5/],
    [
      {
        zones: [
          {
            name: 'z',
            kind: 'include',
            points: [
              [0, 0],
              [1, 1],
            ],
          },
        ],
      },
      /list of 3 to 64 entries for rules.zones\[0\].points/,
    ],
    [{ zones: [{ name: 'z', kind: 'include' }] }, /3 or more corners for rules.zones\[0\].points/],
    [
      {
        zones: [
          {
            name: 'z',
            kind: 'include',
            points: [
              [0, 0],
              [1, 1],
              [0, 2],
            ],
          },
        ],
      },
      /y of rules.zones\[0\].points\[2\]/,
    ],
    [
      {
        zones: [
          {
            name: 'z',
            kind: 'in',
            points: [
              [0, 0],
              [1, 1],
              [0, 1],
            ],
          },
        ],
      },
      /one of include, exclude/,
    ],
    [{ debounce: { hits: 3, frames: 2 } }, /Expected at most the 2 of rules.debounce.frames for rules.debounce.hits/],
    [{ events: { mode: 'video' } }, /Expected one of part, stream for rules.events.mode/],
    [{ rateLimit: { alerts: 1.5 } }, /Expected a whole number between 0 and 100000 for rules.rateLimit.alerts/],
    [{ severity: 'bad' }, /Expected one of info, minor, major, critical for rules.severity/],
    [
      { classes: Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`class ${i}`, { minWidth: 1 }])) },
      /Expected at most 16384 bytes of JSON for rules/,
    ],
  ];
  for (const [change, message] of refused) {
    it(`refuses ${JSON.stringify(change).slice(0, 60)}`, () => assert.throws(() => readRules(change), message));
  }
});

describe('rulesId', () => {
  it('is the same for the same rules, whatever the order of the keys', () => {
    const a = readRules({ classes: { a: {}, b: {} } });
    const b = readRules({ classes: { b: {}, a: {} } });
    assert.equal(rulesId(a), rulesId(b));
    assert.notEqual(rulesId(a), rulesId(readRules({ minConfidence: 0.26 })));
    assert.match(rulesId(a), /^[0-9a-f]{12}$/);
  });
});
