import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../../contract/errors';
import { extensionOf, formatOf, signatureOf, type DisputedRecord } from './disputed-record';

export interface DisputedLimits {
  maxItems: number;
  /** Pictures and records together. */
  maxBytes: number;
  /** Frames kept of the same dispute (same classes at the same place): the sixth says nothing new. */
  maxPerSignature: number;
}

export const DISPUTED_DEFAULTS: Readonly<DisputedLimits> = { maxItems: 500, maxBytes: 1 << 30, maxPerSignature: 5 };

/** A record before it is saved: the store adds file, hash and time. */
export type NewDispute = Omit<DisputedRecord, 'recordVersion' | 'savedAt' | 'image'> & {
  size: { width: number; height: number };
};

interface Item {
  /** File name without extension; sorts by age. */
  stem: string;
  files: string[];
  bytes: number;
  sha256: string;
  signature: string;
}

const RECORD = '.json';

/**
 * The evidence folder: pictures at full resolution as they came from the camera, each with a record. Bounded in number
 * and bytes, the oldest go first; the same picture is kept once. A record is written after its picture and by a rename,
 * so that whatever has a record is whole.
 */
export class DisputedStore {
  readonly folder: string;
  readonly #limits: DisputedLimits;
  #items: Item[] | undefined;
  #work: Promise<unknown> = Promise.resolve();
  #serial = 0;

  constructor(folder: string, limits: Partial<DisputedLimits> = {}) {
    this.folder = folder;
    this.#limits = { ...DISPUTED_DEFAULTS, ...limits };
  }

  /**
   * Saves a frame. Calls wait for each other.
   *
   * @returns the record, or undefined when the picture or enough of the same dispute is there already
   * @throws InspectionError IO_FAILED
   */
  save(image: Uint8Array, dispute: NewDispute): Promise<DisputedRecord | undefined> {
    const saved = this.#work.then(() => this.#save(image, dispute));
    this.#work = saved.catch(() => undefined);
    return saved.catch((error: unknown) => {
      throw new InspectionError('IO_FAILED', `The disputed frame could not be saved: ${messageOf(error)}`, {
        cause: error,
      });
    });
  }

  /** The records, oldest first. */
  async records(): Promise<DisputedRecord[]> {
    const items = await this.#open();
    const read = async ({ stem }: Item) => readRecord(join(this.folder, `${stem}${RECORD}`));
    return (await Promise.all(items.map(read))).filter((record) => record !== undefined);
  }

  async usage(): Promise<{ items: number; bytes: number }> {
    const items = await this.#open();
    return { items: items.length, bytes: items.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  async #save(image: Uint8Array, { size, ...dispute }: NewDispute): Promise<DisputedRecord | undefined> {
    const items = await this.#open();
    const sha256 = createHash('sha256').update(image).digest('hex');
    const format = formatOf(image, dispute.frame);
    const savedAt = new Date().toISOString();
    const serial = String(this.#serial++ % 1e6).padStart(6, '0');
    const stem = `${savedAt.replace(/[-:.]/g, '')}-${serial}-${sha256.slice(0, 12)}`;
    const file = `${stem}.${extensionOf(format)}`;
    const record: DisputedRecord = {
      recordVersion: 1,
      savedAt,
      ...dispute,
      image: { file, sha256, bytes: image.byteLength, format, ...size },
    };
    const signature = signatureOf(record);
    const alike = items.filter((item) => item.signature === signature).length;
    if (alike >= this.#limits.maxPerSignature || items.some((item) => item.sha256 === sha256)) return undefined;

    const text = JSON.stringify(record);
    const bytes = image.byteLength + Buffer.byteLength(text);
    await this.#makeRoom(items, bytes);
    const recordFile = `${stem}${RECORD}`;
    try {
      await writeFile(join(this.folder, file), image);
      await writeFile(join(this.folder, `${recordFile}.next`), text);
      await rename(join(this.folder, `${recordFile}.next`), join(this.folder, recordFile));
    } catch (error) {
      await this.#remove([file, recordFile, `${recordFile}.next`]);
      throw error;
    }
    items.push({ stem, files: [file, recordFile], bytes, sha256, signature });
    return record;
  }

  async #makeRoom(items: Item[], bytes: number): Promise<void> {
    const { maxItems, maxBytes } = this.#limits;
    let used = items.reduce((sum, item) => sum + item.bytes, 0);
    while (items.length > 0 && (items.length >= maxItems || used + bytes > maxBytes)) {
      const oldest = items.shift() as Item;
      used -= oldest.bytes;
      await this.#remove(oldest.files);
    }
  }

  /** Records first: a picture without a record is cleared away at the next start. */
  async #remove(files: string[]): Promise<void> {
    for (const file of [...files].reverse()) await rm(join(this.folder, file), { force: true });
  }

  /** Reads the folder once; what a crash left half-written is removed. */
  async #open(): Promise<Item[]> {
    if (this.#items !== undefined) return this.#items;
    await mkdir(this.folder, { recursive: true });
    const names = (await readdir(this.folder)).sort();
    const items: Item[] = [];
    for (const name of names.filter((candidate) => candidate.endsWith(RECORD))) {
      const record = await readRecord(join(this.folder, name));
      if (record === undefined || !names.includes(record.image.file)) continue;
      const files = [record.image.file, name];
      const bytes = record.image.bytes + (await stat(join(this.folder, name))).size;
      const { sha256 } = record.image;
      items.push({ stem: name.slice(0, -RECORD.length), files, bytes, sha256, signature: signatureOf(record) });
    }
    const kept = new Set(items.flatMap(({ files }) => files));
    const ours = /^\d{8}T\d{9}Z-\d{6}-[0-9a-f]{12}\./;
    await this.#remove(names.filter((name) => ours.test(name) && !kept.has(name)));
    this.#items = items;
    return items;
  }
}

/** A record, or undefined where the file is none: foreign files in the folder are left alone. */
async function readRecord(path: string): Promise<DisputedRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as DisputedRecord;
    const usable = record.recordVersion === 1 && typeof record.image?.file === 'string' && Array.isArray(record.missed);
    // the file is named by the store itself; a record that points elsewhere is not ours
    return usable && !/[/\\]/.test(record.image.file) ? record : undefined;
  } catch {
    return undefined;
  }
}
