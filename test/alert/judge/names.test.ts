import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainText, publishTopic, slug, stationName } from '../../../src/alert/judge/names';

const HUGE = 'x'.repeat(65_536);

describe('stationName', () => {
  for (const name of ['station-1', 'Line 3', '工位一', 'Prüfplatz_2', 'a.b']) {
    it(`accepts ${name}`, () => assert.equal(stationName(` ${name} `), name));
  }
  for (const name of [
    '',
    ' ',
    '#',
    '+',
    'a/b',
    'a\nb',
    'a\0b',
    HUGE,
    '🔥',
    '<script>',
    '..',
    '../x',
    '$SYS',
    undefined,
    7,
  ]) {
    it(`refuses ${JSON.stringify(name)?.slice(0, 20)}`, () =>
      assert.throws(() => stationName(name), /^Expected a name of 1 to 64 letters.* for station but received /));
  }
});

describe('publishTopic', () => {
  for (const topic of ['inspection/s/alert', 'a', 'werk/Halle 3/🔥/alarm', '工厂/报警']) {
    it(`accepts ${topic}`, () => assert.equal(publishTopic(topic), topic));
  }
  for (const topic of [
    '',
    '#',
    'a/#',
    'a/+/b',
    'a\nb',
    'a\0',
    '$SYS/x',
    '/a',
    'a/',
    'a//b',
    'a/\ud800',
    HUGE,
    {},
    null,
  ]) {
    it(`refuses ${JSON.stringify(topic).slice(0, 20)}`, () =>
      assert.throws(() => publishTopic(topic), /Expected an MQTT topic of at most 256 bytes/));
  }
});

describe('plainText', () => {
  const cases: [string, string][] = [
    ['scratch', 'scratch'],
    [' spaced ', 'spaced'],
    ['a\r\n\tb', 'a b'],
    ['<script>alert(1)</script>', '‹script›alert(1)‹/script›'],
    ['a\u202eb', 'a b'],
    ['\ud800x', '\ufffdx'],
    ['🔥', '🔥'],
    ['', ''],
  ];
  for (const [given, wanted] of cases) {
    it(`makes ${JSON.stringify(given)} ${JSON.stringify(wanted)}`, () => assert.equal(plainText(given), wanted));
  }
  it('cuts by characters, never inside one', () => {
    const text = plainText('🔥'.repeat(1000));
    assert.equal(Array.from(text).length, 64);
    assert.ok(text.endsWith('🔥…'));
  });
});

describe('slug', () => {
  it('keeps what is plain', () => assert.equal(slug('Line 3 / cam'), 'line_3_cam'));
  it('tells names in other scripts apart', () => assert.notEqual(slug('工位一'), slug('工位二')));
  it('leaves nothing that a path or an id could trip over', () => {
    for (const name of ['../../etc', '<script>', 'a\0b', '🔥', '工位']) assert.match(slug(name), /^[a-z0-9_]+$/);
  });
});
