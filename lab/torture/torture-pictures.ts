/**
 * Pictures that were damaged in every way, of every format, with frames that say the wrong thing, given to a detector: each
 * has to be answered once within 5 s, the process must not end, and the good picture between them must be seen right.
 *
 * Usage: npm run lab -- torture-pictures [10000] [--seed 1]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { DetectRequest } from '../../src/contract/detector';
import { Detector } from '../../src/detector/detector';
import { Random } from '../../src/kit/random';
import { writeTinyModel } from '../../test/helpers/tiny-model';
import { HOSTILE_VALUES, mutateBytes } from './mutate';
import { runTorture, Tally, type Row, type TortureOptions } from './harness';

const LANES = 8;
/** The good picture comes once in so many. */
const GOOD_EVERY = 50;

/** A picture with one red cell, in every format that is taken. */
async function basePictures(): Promise<{ good: Buffer; all: Buffer[] }> {
  const red = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#ff0000' } })
    .png()
    .toBuffer();
  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: '#808080' } }).composite([
    { input: red, left: 16, top: 16 },
  ]);
  const form = (make: (one: sharp.Sharp) => sharp.Sharp): Promise<Buffer> => make(picture.clone()).toBuffer();
  const good = await form((one) => one.png());
  const raw = await form((one) => one.raw());
  const bmp = Buffer.alloc(54 + raw.length);
  bmp.write('BM', 'latin1');
  for (const [at, value] of [
    [10, 54],
    [14, 40],
    [18, 64],
    [22, -64],
    [26, 1 | (24 << 16)],
  ] as const)
    bmp.writeInt32LE(value, at);
  raw.copy(bmp, 54);
  const all = await Promise.all([
    form((one) => one.jpeg()),
    form((one) => one.jpeg({ progressive: true, chromaSubsampling: '4:4:4' })),
    form((one) => one.jpeg().withMetadata({ orientation: 6 })),
    form((one) => one.png({ progressive: true })),
    form((one) => one.toColourspace('rgb16').png()),
    form((one) => one.png({ palette: true })),
    form((one) => one.webp()),
    form((one) => one.webp({ lossless: true })),
    form((one) => one.tiff()),
    form((one) => one.tiff({ compression: 'lzw' })),
    form((one) => one.gif()),
  ]);
  return { good, all: [good, raw, bmp, ...all] };
}

/** What a message may say about its picture. */
function hostileFrame(random: Random): DetectRequest['frame'] {
  if (random.chance(0.6)) return undefined;
  const value = () => random.pick(HOSTILE_VALUES);
  const number = () => random.pick([0, 1, -1, 64, 1e9, NaN, 0.5]);
  const region = { x: number(), y: number(), width: number(), height: number() };
  const frames = [
    { rotate: random.pick([0, 90, 180, 270, -90, 45]) },
    { region },
    { format: 'rgb24', width: number(), height: number() },
    { format: value(), width: value(), height: value(), rotate: value(), region: value(), source: value() },
  ];
  return random.pick(frames) as DetectRequest['frame'];
}

export async function torturePictures({ count, seed }: TortureOptions): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'torture-pictures-'));
  const model = writeTinyModel(join(folder, 'tiny.onnx'));
  const detector = new Detector({ model, threads: 1, lanes: 1, overload: 'every' });
  const tally = new Tally('damaged pictures', () => [detector.stats().pid]);
  try {
    await detector.start();
    const { good, all } = await basePictures();
    const random = new Random('torture pictures', seed);
    const isSeenRight = async (): Promise<boolean> => {
      const outcome = await tally.answered('the good picture', detector.detect({ image: good }));
      return outcome?.inspected === true && outcome.detections.length === 1 && outcome.detections[0]!.label === 'red';
    };
    tally.check(await isSeenRight(), 'The good picture was not seen right before anything happened');
    // decoders take their memory with the first pictures of each kind
    for (const image of all) await detector.detect({ image });
    for (let i = 0; i < 1000; i++) await detector.detect({ image: mutateBytes(random.pick(all), random) });
    tally.warm();
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < count) {
        const at = next++;
        tally.count += 1;
        if (at % GOOD_EVERY === 0) {
          tally.check(await isSeenRight(), `Picture ${at}: the good one was not seen right`);
          continue;
        }
        const image = mutateBytes(random.pick(all), random);
        const outcome = await tally.answered(`picture ${at}`, detector.detect({ image, frame: hostileFrame(random) }));
        if (outcome === undefined || outcome.inspected) continue;
        const { reason, detail } = outcome;
        tally.check(
          ['bad image', 'bad message', 'out of memory'].includes(reason),
          `Picture ${at} of seed ${seed}: ${reason}, ${detail.slice(0, 200)}`,
        );
        tally.check(
          !detail.includes('\n') && detail.length < 500,
          `Picture ${at}: not one sentence, ${detail.slice(0, 80)}`,
        );
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    const { restarts, offered, inspected, notInspected } = detector.stats();
    tally.check(restarts === 0, `The process ended ${restarts} times`);
    tally.check(offered === inspected + notInspected, `Of ${offered} frames ${inspected + notInspected} were counted`);
    return [tally.row()];
  } finally {
    await detector.stop();
    rmSync(folder, { recursive: true });
  }
}

if (require.main === module) void runTorture(torturePictures, 10_000);
