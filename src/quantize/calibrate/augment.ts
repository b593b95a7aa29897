import { ISP_LOOKS, withIspLook } from '../../image/isp-look';

/**
 * A calibration set in which every picture comes twice: as it is, and in the look of another camera's image processor, the
 * looks taking turns. For lines whose cameras are set up anew or exchanged; off by default.
 *
 * @param load the encoded bytes of picture `index`
 * @returns the number of pictures and a loader for them
 */
export function withIspLooks(
  count: number,
  load: (index: number) => Promise<Uint8Array>,
): { count: number; load: (index: number) => Promise<Uint8Array> } {
  return {
    count: 2 * count,
    load: async (index) =>
      index < count ? load(index) : withIspLook(await load(index - count), ISP_LOOKS[index % ISP_LOOKS.length]!),
  };
}
