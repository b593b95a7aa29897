import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { LINE_DEFAULTS, lineOptions, simulatePart } from '../../src/simulate/line';

describe('lineOptions', () => {
  it('fills in defaults and reads numbers that come as text', () => {
    assert.deepEqual(lineOptions({}), LINE_DEFAULTS);
    assert.deepEqual(lineOptions({ seed: '7', defectRate: '0.5' }), { seed: 7, look: 'binarised', defectRate: 0.5 });
    assert.deepEqual(lineOptions({ defects: '4' }).defects, [4, 4]);
    assert.deepEqual(lineOptions({ defects: '3-12' }).defects, [3, 12]);
  });

  for (const [options, message] of [
    [{ defectRate: 1.1 }, 'Expected a number between 0 and 1 for defectRate but received 1.1'],
    [{ defectRate: 'many' }, 'Expected a number between 0 and 1 for defectRate but received "many"'],
    [{ defects: '0-3' }, 'Expected a number from 1 to 30, or a range such as 3-12, for defects but received "0-3"'],
    [{ defects: '9-3' }, 'Expected a number from 1 to 30, or a range such as 3-12, for defects but received "9-3"'],
    [{ defects: '3-' }, 'Expected a number from 1 to 30, or a range such as 3-12, for defects but received "3-"'],
    [
      { defects: [3, 31] },
      'Expected a number from 1 to 30, or a range such as 3-12, for defects but received an array of length 2',
    ],
    [{ look: 'night' }, 'Expected one of binarised, photo, mixed for look but received "night"'],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => lineOptions(options), { code: 'BAD_ARGUMENT', message });
    });
  }
});

describe('simulatePart', () => {
  it('gives the same part for the same seed and index, in any order', async () => {
    const options = { seed: 4, look: 'binarised', defectRate: 0.5 } as const;
    const forwards = [await simulatePart(options, 0), await simulatePart(options, 1)];
    const backwards = [await simulatePart(options, 1), await simulatePart(options, 0)].reverse();
    assert.deepEqual(forwards, backwards);
    assert.notDeepEqual(forwards[0]?.image, forwards[1]?.image);
  });

  for (const [look, channels] of [
    ['binarised', 1],
    ['photo', 3],
  ] as const) {
    it(`delivers a JPEG of the size it says, ${channels} channel(s) for ${look}`, async () => {
      const part = await simulatePart({ look }, 0);
      const { format, width, height, channels: stored } = await sharp(part.image).metadata();
      assert.deepEqual([format, width, height, stored], ['jpeg', part.width, part.height, channels]);
    });
  }

  it('makes the asked share of parts defective', async () => {
    for (const defectRate of [0, 0.3, 1]) {
      let defective = 0;
      for (let index = 0; index < 60; index++) {
        const { truth } = await simulatePart({ seed: 9, look: 'binarised', defectRate }, index);
        if (truth.length > 0) defective++;
      }
      // at 0.3 the deviation of 60 parts is 3.5; the seed is fixed, so this cannot flicker
      assert.ok(
        Math.abs(defective - 60 * defectRate) <= (defectRate % 1 === 0 ? 0 : 9),
        `${defective} at ${defectRate}`,
      );
    }
  });

  it('puts as many defects on a part as asked for, where they find room', async () => {
    const counts: number[] = [];
    for (let index = 0; index < 6; index++) {
      const { truth } = await simulatePart({ look: 'binarised', defectRate: 1, defects: [14, 16] }, index);
      counts.push(truth.length);
    }
    assert.ok(Math.max(...counts) >= 14 && Math.max(...counts) <= 16, counts.join(' '));
    const one = await simulatePart({ look: 'binarised', defectRate: 1, defects: [1, 1] }, 0);
    assert.equal(one.truth.length, 1);
  });

  it('refuses a part that cannot be', async () => {
    await assert.rejects(simulatePart({}, -1), { code: 'BAD_ARGUMENT' });
  });
});
