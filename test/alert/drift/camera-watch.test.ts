import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CameraWatch, LEARNING_PARTS, type CameraTrouble } from '../../../src/alert/drift/camera-watch';
import type { PictureMeasures } from '../../../src/contract/picture-measures';
import { Random } from '../../../src/kit/random';

const NOW_MS = Date.UTC(2026, 0, 1);

/** Parts as a line shows them: brightness differs by 8 % from part to part, sharpness by 12 %. */
class Line {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  part({ light = 1, focus = 1, clipped = 0.02 } = {}): PictureMeasures {
    return {
      level: 70 * light,
      bright: 120 * light * Math.exp(0.08 * this.#normal()),
      sharpness: 0.2 * focus * Math.exp(0.12 * this.#normal()),
      clipped: Math.max(0, clipped + 0.005 * this.#normal()),
    };
  }

  #normal(): number {
    const [u, v] = [1 - this.#random.next(), this.#random.next()];
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }
}

function learned(line: Line): CameraWatch {
  const watch = new CameraWatch();
  for (let part = 0; part < LEARNING_PARTS; part += 1) watch.add(line.part(), NOW_MS);
  return watch;
}

/** What is called over some parts. */
function calls(watch: CameraWatch, parts: number, next: (part: number) => PictureMeasures): CameraTrouble[] {
  return Array.from({ length: parts }, (_, part) => watch.add(next(part), NOW_MS))
    .flat()
    .map(({ trouble }) => trouble);
}

describe('watch of a camera', () => {
  it('calls nothing in 50 clean runs of 5,000 parts', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const line = new Line(seed);
      const watch = learned(line);
      assert.deepEqual(
        calls(watch, 5_000, () => line.part()),
        [],
        `seed ${seed}`,
      );
    }
  });

  it('notices light that fades by 30 % over 1,000 parts, before it has, and once', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const line = new Line(seed);
      const watch = learned(line);
      const found = calls(watch, 1_000, (part) => line.part({ light: 1 - (0.3 * part) / 1_000 }));
      assert.deepEqual(found, ['darker'], `seed ${seed}`);
      assert.deepEqual(watch.troubles, ['darker']);
    }
  });

  it('notices a film on the lens, and light from elsewhere', () => {
    const line = new Line(7);
    assert.deepEqual(
      calls(learned(line), 100, () => line.part({ focus: 0.6 })),
      ['less sharp'],
    );
    assert.deepEqual(calls(learned(line), 100, () => line.part({ light: 1.5, clipped: 0.2 })).sort(), [
      'brighter',
      'more clipped',
    ]);
  });

  it('tells how it was and how it is', () => {
    const line = new Line(3);
    const watch = learned(line);
    const [call] = Array.from({ length: 200 }, () => watch.add(line.part({ light: 0.6 }), NOW_MS)).flat();
    assert.equal(call?.trouble, 'darker');
    assert.ok(Math.abs((call?.usual ?? 0) - 120) < 4, String(call?.usual));
    assert.ok((call?.now ?? 0) < 110, String(call?.now));
  });

  it('a hand in front of the lens is no drift', () => {
    const line = new Line(5);
    assert.deepEqual(
      calls(learned(line), 2_000, (part) =>
        part % 50 < 3 ? { level: 2, bright: 2, sharpness: 0.01, clipped: 1 } : line.part(),
      ),
      [],
    );
  });

  it('is silent about the same trouble, until it is over', () => {
    const line = new Line(9);
    const watch = learned(line);
    assert.deepEqual(
      calls(watch, 2_000, () => line.part({ light: 0.6 })),
      ['darker'],
    );
    assert.deepEqual(
      calls(watch, 200, () => line.part()),
      [],
    );
    assert.deepEqual(watch.troubles, []);
    assert.deepEqual(
      calls(watch, 200, () => line.part({ light: 0.6 })),
      ['darker'],
    );
  });

  it('learns anew on request, and goes on with what it had learned', () => {
    const line = new Line(11);
    const watch = learned(line);
    const kept = JSON.parse(JSON.stringify(watch.learned)) as NonNullable<typeof watch.learned>;
    assert.equal(kept.parts, LEARNING_PARTS);
    watch.relearn();
    assert.deepEqual(
      calls(watch, 2_000, () => line.part({ light: 0.6 })),
      [],
    );
    assert.deepEqual(
      calls(new CameraWatch(kept), 200, () => line.part({ light: 0.6 })),
      ['darker'],
    );
  });

  it('pictures that are all the same have a spread too', () => {
    const same = { level: 80, bright: 100, sharpness: 0.3, clipped: 0 };
    const watch = new CameraWatch();
    assert.deepEqual(
      calls(watch, 3_000, (part) => ({ ...same, bright: 100 + (part % 2) })),
      [],
    );
  });
});
