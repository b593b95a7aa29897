import { randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../../contract/errors';
import { differenceHash, hashDistance } from '../../image/difference-hash';
import { readView, writeView } from '../calibrate/view-file';
import { encodePng } from '../../image/encode';
import { sniff } from '../../kit/sniff';
import { viewOf } from '../../contract/view';
import type { FrameInfo } from '../../contract/frame';
import type { Offered } from './collect-protocol';

/** Files of a collection; anything else in the folder is left alone. */
const FRAME_FILE = /^frame-.*\.(jpg|png|webp|tif)$/;

const EXTENSIONS: Partial<Record<string, string>> = { jpeg: 'jpg', png: 'png', webp: 'webp', tiff: 'tif' };

/**
 * A folder of calibration frames that look different. Frames are stored as the camera gave them, byte for byte: its white
 * balance, noise reduction and JPEG artefacts are what the model will see. Raw frames become PNG, which loses nothing.
 */
export class Collection {
  private constructor(
    private readonly folder: string,
    private readonly similarBits: number,
    private readonly hashes: Uint8Array[],
  ) {}

  /**
   * Opens a folder; frames that are in it from before count.
   *
   * @param similarBits frames that differ from a kept one in this many of 256 bits or fewer are near-duplicates
   * @throws InspectionError IO_FAILED
   */
  static async open(folder: string, similarBits: number): Promise<Collection> {
    try {
      await mkdir(folder, { recursive: true });
      const hashes: Uint8Array[] = [];
      for (const name of (await readdir(folder)).sort()) {
        if (!FRAME_FILE.test(name)) continue;
        // a file that cannot be read any more is no frame; quantize will list it
        await readFile(join(folder, name))
          .then(async (bytes) => differenceHash(bytes, await readView(join(folder, name))))
          .then((hash) => hashes.push(hash))
          .catch(() => undefined);
      }
      return new Collection(folder, similarBits, hashes);
    } catch (error) {
      throw new InspectionError('IO_FAILED', `The frame folder ${folder} could not be used: ${messageOf(error)}`);
    }
  }

  get count(): number {
    return this.hashes.length;
  }

  /** Keeps a frame unless one that looks the same is there. @throws InspectionError IO_FAILED */
  async offer(image: Uint8Array, frame: Partial<FrameInfo> = {}): Promise<Offered> {
    let bytes = image;
    let hash: Uint8Array;
    try {
      if (frame.format === 'rgb24') {
        bytes = await encodePng({ pixels: image, width: frame.width ?? 0, height: frame.height ?? 0, channels: 3 });
      }
      hash = await differenceHash(bytes, viewOf(frame));
    } catch {
      return 'unreadable';
    }
    if (this.hashes.some((kept) => hashDistance(kept, hash) <= this.similarBits)) return 'similar';
    const extension = EXTENSIONS[frame.format === 'rgb24' ? 'png' : sniff(bytes).format] ?? 'jpg';
    const file = join(this.folder, `frame-${Date.now()}-${randomUUID().slice(0, 8)}.${extension}`);
    try {
      // another name first: a frame that is half written when the power fails must not count
      await writeFile(`${file}.part`, bytes);
      // before the picture is there: without it, it would be taken for one that is inspected as a whole
      await writeView(file, frame);
      await rename(`${file}.part`, file);
    } catch (error) {
      await rm(`${file}.part`, { force: true });
      throw new InspectionError('IO_FAILED', `A calibration frame could not be stored: ${messageOf(error)}`);
    }
    this.hashes.push(hash);
    return 'kept';
  }
}
