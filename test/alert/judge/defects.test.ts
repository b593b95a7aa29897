import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findDefects, insidePolygon } from '../../../src/alert/judge/defects';
import { readRules } from '../../../src/alert/judge/rules';
import { detection } from '../fixtures';

const IMAGE = { width: 640, height: 480 };
const LEFT_HALF: [number, number][] = [
  [0, 0],
  [0.5, 0],
  [0.5, 1],
  [0, 1],
];

describe('insidePolygon', () => {
  const cases: [number, number, boolean][] = [
    [0.25, 0.5, true],
    [0.75, 0.5, false],
    [0, 0, true],
    [0.5, 0.5, false],
    [0.25, 1, false],
  ];
  for (const [x, y, inside] of cases) {
    it(`${x}, ${y} is ${inside ? 'inside' : 'outside'} the left half`, () =>
      assert.equal(insidePolygon(LEFT_HALF, x, y), inside));
  }
  it('knows a concave polygon', () => {
    const arrow: [number, number][] = [
      [0, 0],
      [1, 0.5],
      [0, 1],
      [0.5, 0.5],
    ];
    assert.equal(insidePolygon(arrow, 0.25, 0.5), false);
    assert.equal(insidePolygon(arrow, 0.75, 0.5), true);
  });
  it('has nothing inside an empty polygon', () => assert.equal(insidePolygon([], 0, 0), false));
});

describe('findDefects', () => {
  const labelsWith = (rules: object, ...detections: ReturnType<typeof detection>[]) =>
    findDefects(detections, readRules(rules), IMAGE).map(({ label }) => label);
  const small = detection({ label: 'dust', box: { x: 600, y: 0, width: 5, height: 20 }, confidence: 0.3 });

  it('counts what is sure enough, the bound included', () => {
    assert.deepEqual(labelsWith({ minConfidence: 0.3 }, detection(), small), ['scratch', 'dust']);
    assert.deepEqual(labelsWith({ minConfidence: 0.31 }, detection(), small), ['scratch']);
  });
  it('lets a class have its own threshold, lower or higher', () => {
    const rules = { minConfidence: 0.5, classes: { dust: { minConfidence: 0.2 }, scratch: { minConfidence: 0.95 } } };
    assert.deepEqual(labelsWith(rules, detection(), small), ['dust']);
  });
  for (const rule of [{ minWidth: 6 }, { minHeight: 21 }, { minArea: 101 }, { ignore: true }]) {
    it(`drops by ${JSON.stringify(rule)}`, () =>
      assert.deepEqual(labelsWith({ classes: { dust: rule } }, detection(), small), ['scratch']));
  }
  it('keeps what is exactly large enough', () =>
    assert.deepEqual(labelsWith({ classes: { dust: { minWidth: 5, minHeight: 20, minArea: 100 } } }, small), ['dust']));
  it('counts only inside include zones', () => {
    const left = detection({ box: { x: 10, y: 10, width: 20, height: 20 } });
    const zones = [{ name: 'left', kind: 'include', points: LEFT_HALF }];
    assert.deepEqual(labelsWith({ zones }, left, small), ['scratch']);
  });
  it('lets exclude win over include, and a zone concern some classes only', () => {
    const left = detection({ box: { x: 10, y: 10, width: 20, height: 20 } });
    const both = [
      { name: 'in', kind: 'include', points: LEFT_HALF },
      { name: 'out', kind: 'exclude', points: LEFT_HALF },
    ];
    assert.deepEqual(labelsWith({ zones: both }, left), []);
    const forDust = [{ name: 'out', kind: 'exclude', points: LEFT_HALF, labels: ['dust'] }];
    assert.deepEqual(labelsWith({ zones: forDust }, left), ['scratch']);
  });
  it('refuses to guess where a defect is when the picture has no size', () => {
    const rules = readRules({ zones: [{ name: 'z', kind: 'include', points: LEFT_HALF }] });
    assert.throws(() => findDefects([detection()], rules), /Expected the image size for msg.inference.image/);
    assert.deepEqual(findDefects([], rules), []);
  });
  it('gives each defect its severity', () => {
    const rules = readRules({ severity: 'minor', classes: { dust: { severity: 'info' } } });
    assert.deepEqual(
      findDefects([detection(), small], rules).map(({ severity }) => severity),
      ['minor', 'info'],
    );
  });
  it('makes hostile labels harmless and keeps their rules working', () => {
    const rules = { classes: { '<b>x</b>': { minConfidence: 0.99 } } };
    assert.deepEqual(labelsWith(rules, detection({ label: '<b>x</b>' }), detection({ label: '\n' })), ['unnamed']);
  });
});
