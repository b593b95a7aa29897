import { mkdir, readdir, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../../contract/errors';
import { sniff } from '../../kit/sniff';

/** Pictures that a browser shows, by what their bytes are; the declared type of a message is not trusted. */
const IMAGE_TYPES = [
  { format: 'jpeg', extension: 'jpg', contentType: 'image/jpeg' },
  { format: 'png', extension: 'png', contentType: 'image/png' },
  { format: 'webp', extension: 'webp', contentType: 'image/webp' },
] as const;

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
  /** Name → bytes, oldest first. */
  #files = new Map<string, number>();
  #opened: Promise<void> | undefined;

  constructor(options: EvidenceOptions) {
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

  async save(name: string, image: Uint8Array): Promise<void> {
    try {
      await this.#open();
      this.#makeRoom(image.byteLength);
      this.#files.set(name, image.byteLength);
      await writeFile(join(this.#options.folder, name), image, { mode: 0o600 });
    } catch (error) {
      this.#files.delete(name);
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
      const names = (await readdir(this.#options.folder)).filter((name) => NAME_PATTERN.test(name)).sort();
      for (const name of names) this.#files.set(name, (await stat(join(this.#options.folder, name))).size);
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
      unlink(join(folder, name)).catch(() => undefined);
    }
  }
}
