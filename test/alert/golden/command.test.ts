import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isGoldenTopic, readCommand } from '../../../src/alert/golden/command';
import { readSamples } from '../../../src/alert/golden/samples';

const samples = readSamples([
  { name: 'G-1', verdict: 'PASS' },
  { name: 'N-17', verdict: 'FAIL' },
]);
const announce = { kind: 'announce', sample: 'N-17', camera: null, expiryMs: undefined };

describe('readCommand', () => {
  for (const [payload, command] of [
    ['N-17', announce],
    [{ sample: 'N-17' }, announce],
    ['{"sample":"N-17"}', announce],
    [
      { sample: 'N-17', camera: 'top', expiryMinutes: 2 },
      { ...announce, camera: 'top', expiryMs: 120_000 },
    ],
    [{ cancel: true }, { kind: 'cancel', camera: null }],
    [
      { cancel: true, camera: 'top' },
      { kind: 'cancel', camera: 'top' },
    ],
    [{}, { kind: 'ask' }],
  ] as const) {
    it(`reads ${JSON.stringify(payload)}`, () => assert.deepEqual(readCommand(payload, samples), command));
  }

  for (const [payload, sentence] of [
    ['N-18', /Expected one of G-1, N-17 for the golden sample but received "N-18"/],
    [{ sample: 17 }, /one of G-1, N-17 for the golden sample but received 17/],
    [{ sample: '' }, /for the golden sample but received ""/],
    ['', /for the golden sample but received ""/],
    ['{oops', /a golden sample's name, or .* for msg.payload but received "{oops"/],
    [undefined, /for msg.payload but received undefined/],
    [null, /for msg.payload but received null/],
    [17, /for msg.payload but received 17/],
    [Buffer.from('N-17'), /for msg.payload but received a Buffer of 4 bytes/],
    [{ sampel: 'N-17' }, /one of sample, camera, expiryMinutes, cancel for a key of msg.payload but received "sampel"/],
    [{ sample: 'N-17', camera: 7 }, /a camera's name for msg.payload.camera but received 7/],
    [{ sample: 'N-17', expiryMinutes: 'soon' }, /between 0.01 and 1440 for msg.payload.expiryMinutes/],
    [{ cancel: 'yes' }, /for the golden sample but received undefined/],
  ] as const) {
    it(`refuses ${JSON.stringify(payload)}`, () => assert.throws(() => readCommand(payload, samples), sentence));
  }

  it('says so when the list is empty', () => {
    assert.throws(() => readCommand('N-17', []), /to be in the list of the dialog for the golden sample/);
  });
});

describe('isGoldenTopic', () => {
  it("takes its own two topics and no other station's", () => {
    assert.deepEqual(
      ['golden', 'inspection/line-1/golden/set', 'inspection/line-2/golden/set', 'inspection/line-1/golden', 7].map(
        (topic) => isGoldenTopic(topic, 'line-1'),
      ),
      [true, true, false, false, false],
    );
  });
});
