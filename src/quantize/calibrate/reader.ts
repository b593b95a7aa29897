import type { View } from '../../contract/view';
import { decodeAndLetterbox } from '../../image/letterbox';
import { discard } from '../../kit/own-memory';
import type { ModelManifest } from '../../contract/manifest';
import { openPictureTensor } from '../../model/picture-tensor';
import type { CalibrationReader } from './calibrate';

/** Pictures that are decoded ahead of the model, at a time. */
const AHEAD = 3;

/**
 * Feeds pictures to the float model through the very same decoding, letterbox and scaling that the detector uses. Pictures
 * are read again for every pass: nothing but a few of them is in memory, and a picture's numbers are gone when the next is asked for.
 *
 * @param load the encoded bytes of picture number `index`
 * @param viewOf what of that picture is inspected
 */
export function pictureReader(
  count: number,
  load: (index: number) => Promise<Uint8Array>,
  inputName: string,
  input: ModelManifest['input'],
  viewOf: (index: number) => View | undefined = () => undefined,
): CalibrationReader {
  return {
    count,
    async *read() {
      const pictureTensor = await openPictureTensor(input);
      try {
        const decode = async (index: number): Promise<Uint8Array> =>
          (await decodeAndLetterbox(await load(index), viewOf(index), input)).pixels;
        const waiting: Promise<Uint8Array>[] = [];
        for (let next = 0, index = 0; index < count; index++) {
          for (; next < Math.min(count, index + AHEAD); next++) {
            const pixels = decode(next);
            // awaited below; a failure before that must not count as unhandled
            pixels.catch(() => undefined);
            waiting.push(pixels);
          }
          const pixels = await waiting.shift()!;
          const picture = await pictureTensor.of(pixels);
          yield { [inputName]: picture };
          discard([pixels, picture.data as Float32Array]);
        }
      } finally {
        await pictureTensor.close();
      }
    },
  };
}
