import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../../contract/errors';
import { nodeDisk, writeSynced, type Disk } from '../../kit/disk';
import { sniff } from '../../kit/sniff';

/** Pictures that a browser shows, by what their bytes are; the declared type of a message is not trusted. */
const IMAGE_TYPES = [
  { format: 'jpeg', extension: 'jpg', contentType: 'image/jpeg' },
  { format: 'png', extension: 'png', contentType: 'image/png' },
  { format: 'webp', extension: 'webp', contentType: 'image/webp' },
] as const;

/** Names of pictures on their way to the disk: what an earlier run left of them is no picture. */
const PARTIAL = '.partial';

/** Time in a form that sorts, and the alert's id: nothing of a name is chosen from outside. */
const NAME_PATTERN = /^\d{8}T\d{9}Z-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-drawn)?\.(jpg|png|webp)$/;

export interface EvidenceOptions {
  folder: string;
  /** Most pictures kept; the oldest go. Default 500. */
  maxFiles?: number;
  /** Most bytes kept; the oldest go. Default 200 MiB. */
  maxBytes?: number;
}

/** The pictures behind alerts, in a folder that never holds more than it may. */
export class EvidenceFolder {
  readonly #options: Required<EvidenceOptions>;
  readonly #disk: Disk;
  /** Name → bytes, oldest first. */
  #files = new Map<string, number>();
  #opened: Promise<void> | undefined;

  constructor(options: EvidenceOptions, disk: Disk = nodeDisk) {
    this.#disk = disk;
    this.#options = { maxFiles: 500, maxBytes: 200 * 2 ** 20, ...options };
  }

  /** The name that a picture is going to have; undefined for bytes that are no picture a browser shows. */
  static nameFor(image: Uint8Array, alertId: string, time: string, drawn = false): string | undefined {
    const { format } = sniff(image);
    const type = IMAGE_TYPES.find((row) => row.format === format);
    if (type === undefined) return undefined;
    const name = `${time.replace(/[-:.]/g, '')}-${alertId}${drawn ? '-drawn' : ''}.${type.extension}`;
    return NAME_PATTERN.test(name) ? name : undefined;
  }

  /** Resolves when the whole picture is on the disk under its name. @throws InspectionError IO_FAILED; nothing is left then */
  async save(name: string, image: Uint8Array): Promise<void> {
    const path = join(this.#options.folder, name);
    try {
      await this.#open();
      this.#makeRoom(image.byteLength);
      this.#files.set(name, image.byteLength);
      await writeSynced(this.#disk, `${path}${PARTIAL}`, image, 'w', 0o600);
      const { size } = await this.#disk.lstat(`${path}${PARTIAL}`);
      if (size !== image.byteLength) throw new Error(`${size} of ${image.byteLength} bytes were written`);
      await this.#disk.rename(`${path}${PARTIAL}`, path);
    } catch (error) {
      this.#files.delete(name);
      await this.#disk.unlink(`${path}${PARTIAL}`).catch(() => undefined);
      throw new InspectionError('IO_FAILED', `Cannot keep the picture ${name}: ${messageOf(error)}`, { cause: error });
    }
  }

  /** Where a picture is and what it is; undefined for every name that was not given by nameFor. */
  locate(name: string): { folder: string; contentType: string } | undefined {
    if (!NAME_PATTERN.test(name)) return undefined;
    const type = IMAGE_TYPES.find(({ extension }) => name.endsWith(`.${extension}`));
    return type && { folder: this.#options.folder, contentType: type.contentType };
  }

  get count(): number {
    return this.#files.size;
  }

  /** Takes over what an earlier run left; files of other names are not touched. */
  #open(): Promise<void> {
    this.#opened ??= (async () => {
      await mkdir(this.#options.folder, { recursive: true });
      const { folder } = this.#options;
      const names = await this.#disk.readdir(folder);
      const partial = names.filter(
        (name) => name.endsWith(PARTIAL) && NAME_PATTERN.test(name.slice(0, -PARTIAL.length)),
      );
      for (const name of partial) await this.#disk.unlink(join(folder, name)).catch(() => undefined);
      for (const name of names.filter((one) => NAME_PATTERN.test(one)).sort()) {
        const { size } = await this.#disk.lstat(join(folder, name));
        this.#files.set(name, size);
      }
      this.#makeRoom(0);
    })().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  #makeRoom(forBytes: number): void {
    const { maxFiles, maxBytes, folder } = this.#options;
    let bytes = [...this.#files.values()].reduce((sum, size) => sum + size, forBytes);
    const incoming = forBytes > 0 ? 1 : 0;
    for (const [name, size] of this.#files) {
      if (this.#files.size + incoming <= maxFiles && bytes <= maxBytes) break;
      this.#files.delete(name);
      bytes -= size;
      this.#disk.unlink(join(folder, name)).catch(() => undefined);
    }
  }
}
