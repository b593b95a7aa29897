import { join } from 'node:path';
import type { FrameInfo, Rectangle } from '../../contract/frame';
import { statOf, syncFolder, writeSynced, type Disk } from '../../kit/disk';
import { formatOf } from '../evidence/disputed-record';

/** Cuts a part out of a picture, upright, as JPEG; without an area the whole picture. In a flow the detector process does. */
export type CutPicture = (
  image: Uint8Array,
  request: { frame?: Partial<FrameInfo>; area?: Rectangle },
) => Promise<{ jpeg: Uint8Array; area: Rectangle }>;

/** In this process: for the command line and tests. The picture library is loaded when it is first needed. */
export const cutHere: CutPicture = async (image, request) => {
  const { cutPicture } = await import('../../image/cut.js');
  return cutPicture(image, request);
};

/** A crop shows this many times the box, and at least so many pixels, that a person sees what is around it. */
const CROP_TIMES = 3;
const CROP_MIN_PX = 160;

/** What a crop shows of a picture: the box with what is around it. */
export function cropAround(box: Rectangle): Rectangle {
  const width = Math.max(CROP_MIN_PX, box.width * CROP_TIMES);
  const height = Math.max(CROP_MIN_PX, box.height * CROP_TIMES);
  return { x: box.x + (box.width - width) / 2, y: box.y + (box.height - height) / 2, width, height };
}

const PICTURES = 'pictures';
const NAME = /^[0-9a-f]{16}\.(crop|whole)\.(jpg|png|webp)$/;
/** What every browser and labelling tool shows upright by itself, as long as the frame needs no turn beside its EXIF. */
const AS_IT_CAME = { jpeg: 'jpg', png: 'png', webp: 'webp' } as const;
/** A picture without a card is let go when it is older: its card may be on the way, in another process. */
const ORPHAN_MS = 3_600_000;

const FILE_MODE = 0o600;

/** The folder of a store's pictures. */
export class PictureFolder {
  readonly path: string;
  readonly #disk: Disk;
  readonly #cut: CutPicture;
  readonly #bytes = new Map<string, number>();

  constructor(folder: string, disk: Disk, cut: CutPicture) {
    this.path = join(folder, PICTURES);
    this.#disk = disk;
    this.#cut = cut;
  }

  /** Size of all pictures. */
  get bytes(): number {
    let sum = 0;
    for (const bytes of this.#bytes.values()) sum += bytes;
    return sum;
  }

  /** Takes note of what is there, and lets go what belongs to no card. @param needed names that cards have */
  async open(needed: ReadonlySet<string>, cleans: boolean): Promise<void> {
    this.#bytes.clear();
    if ((await statOf(this.#disk, this.path)) === undefined) return;
    for (const name of (await this.#disk.readdir(this.path)).filter((one) => NAME.test(one))) {
      const stat = await statOf(this.#disk, join(this.path, name));
      if (stat === undefined) continue;
      this.#bytes.set(name, stat.size);
      if (cleans && !needed.has(name) && Date.now() - stat.mtimeMs > ORPHAN_MS) await this.remove(name);
    }
  }

  /** The crop of a card, on the disk. @returns its file name and what it shows */
  async crop(
    id: string,
    image: Uint8Array,
    frame: Partial<FrameInfo>,
    box: Rectangle,
  ): Promise<{ name: string; area: Rectangle }> {
    const { jpeg, area } = await this.#cut(image, { frame, area: cropAround(box) });
    return { name: await this.#write(`${id}.crop.jpg`, jpeg), area };
  }

  /** The whole picture, on the disk: as it came where a browser shows that upright, else as a JPEG that is. */
  async whole(id: string, image: Uint8Array, frame: Partial<FrameInfo>): Promise<string> {
    const format = formatOf(image, frame);
    if (format in AS_IT_CAME && !frame.rotate) {
      return this.#write(`${id}.whole.${AS_IT_CAME[format as keyof typeof AS_IT_CAME]}`, image);
    }
    return this.#write(`${id}.whole.jpg`, (await this.#cut(image, { frame })).jpeg);
  }

  async #write(name: string, data: Uint8Array): Promise<string> {
    try {
      await writeSynced(this.#disk, join(this.path, name), data, 'w', FILE_MODE);
    } catch (error) {
      await this.remove(name).catch(() => undefined);
      throw error;
    }
    this.#bytes.set(name, data.byteLength);
    return name;
  }

  /** Makes the names of what was written last. */
  sync(): Promise<void> {
    return syncFolder(this.#disk, this.path);
  }

  async remove(name: string): Promise<void> {
    this.#bytes.delete(name);
    if ((await statOf(this.#disk, join(this.path, name))) !== undefined) await this.#disk.unlink(join(this.path, name));
  }

  sizeOf(name: string): number {
    return this.#bytes.get(name) ?? 0;
  }
}

/** What a picture is served as. */
export function contentTypeOf(name: string): string {
  return name.endsWith('.png') ? 'image/png' : name.endsWith('.webp') ? 'image/webp' : 'image/jpeg';
}
