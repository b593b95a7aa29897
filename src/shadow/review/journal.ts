import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../../contract/errors';
import { nodeDisk, readBytes, replaceFile, statOf, writeSynced, type Disk } from '../../kit/disk';

/** Owner only, as all that a station keeps. */
const FILE_MODE = 0o600;
const FILE = 'journal.jsonl';
const NEWLINE = 0x0a;

/** First line of every file: a new one after each compaction, so that a writer notices that the file was exchanged. */
interface Head {
  type: 'journal';
  version: 1;
  generation: string;
}

/**
 * A list of JSON lines that is only added to, by several processes at a time (Node-RED and the command line), and that
 * survives power cuts: append() resolves when the line is on the disk, and a torn line is passed over. What a failed write left is
 * closed with a line break before the next line. The state of whoever uses it is what read() gave, and nothing else.
 */
export class Journal<Entry> {
  readonly path: string;
  readonly #disk: Disk;
  #generation = '';
  /** Bytes that were read, up to a line break. */
  #readBytes = 0;
  /** Whether the file may end without a line break. */
  #torn = false;
  #damagedLines = 0;
  /** What was appended right behind what was read: it need not be read again. */
  #own: Entry[] = [];

  constructor(folder: string, disk: Disk = nodeDisk) {
    this.path = join(folder, FILE);
    this.#disk = disk;
  }

  get bytes(): number {
    return this.#readBytes;
  }

  /** Lines that could not be read: each is an answer or card whose writer was told that it was not stored. */
  get damagedLines(): number {
    return this.#damagedLines;
  }

  /**
   * The lines that were added since the last call, by whomever.
   *
   * @returns `anew`: the file was exchanged, and these are all lines
   * @throws InspectionError IO_FAILED
   */
  async read(): Promise<{ anew: boolean; entries: Entry[] }> {
    try {
      const stat = await statOf(this.#disk, this.path);
      if (stat === undefined) return { anew: this.#forget(), entries: [] };
      if (stat.size === this.#readBytes && !this.#torn && this.#generation !== '' && (await this.#isSame())) {
        return { anew: false, entries: this.#own.splice(0) };
      }
      const bytes = await readBytes(this.#disk, this.path);
      const generation = headOf(bytes)?.generation ?? '';
      const anew = generation !== this.#generation || bytes.length < this.#readBytes;
      if (anew) this.#forget();
      this.#generation = generation;
      const own = this.#own.splice(0);
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      this.#torn = end < bytes.length;
      const text = bytes.subarray(this.#readBytes, Math.max(end, this.#readBytes)).toString('utf8');
      this.#readBytes = Math.max(end, this.#readBytes);
      return { anew, entries: [...own, ...this.#parse(text)] };
    } catch (error) {
      throw this.#failed('read', error);
    }
  }

  /** Adds lines. Resolves when they are on the disk, in the file that has the name now. @throws InspectionError IO_FAILED */
  async append(...entries: Entry[]): Promise<void> {
    const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    try {
      for (;;) {
        if (this.#generation === '') await this.#begin();
        const text = Buffer.from(this.#torn ? `\n${lines}` : lines);
        this.#torn = true;
        await writeSynced(this.#disk, this.path, text, 'a', FILE_MODE);
        this.#torn = false;
        // somebody who compacted meanwhile may not have seen it
        if (await this.#isSame()) {
          if ((await statOf(this.#disk, this.path))?.size === this.#readBytes + text.length) {
            this.#readBytes += text.length;
            this.#own.push(...entries);
          }
          return;
        }
        this.#generation = headOf(await readBytes(this.#disk, this.path))?.generation ?? '';
      }
    } catch (error) {
      throw this.#failed('write', error);
    }
  }

  /**
   * Replaces all lines; what others added since the last read() is kept behind them.
   *
   * @throws InspectionError IO_FAILED; then the former lines are still there
   */
  async compact(entries: readonly Entry[]): Promise<void> {
    const former = this.#readBytes;
    try {
      const file = (await statOf(this.#disk, this.path)) && (await this.#disk.open(this.path, 'r'));
      const head: Head = { type: 'journal', version: 1, generation: randomUUID() };
      const text = [head, ...entries].map((line) => `${JSON.stringify(line)}\n`).join('');
      try {
        await replaceFile(this.#disk, this.path, Buffer.from(text), FILE_MODE);
        // the old file is still open: what came after the last read is at its end
        const buffer = Buffer.alloc(64 << 10);
        const late: Buffer[] = [];
        for (let at = 0, read = -1; file !== undefined && read !== 0; at += read) {
          read = (await file.read(buffer, 0, buffer.length, null)).bytesRead;
          if (at + read > former) late.push(Buffer.from(buffer.subarray(Math.max(0, former - at), read)));
        }
        const rest = Buffer.concat(late).toString('utf8');
        const complete = rest.slice(0, rest.lastIndexOf('\n') + 1);
        if (complete !== '') await writeSynced(this.#disk, this.path, Buffer.from(complete), 'a', FILE_MODE);
      } finally {
        await file?.close();
      }
      this.#forget();
    } catch (error) {
      throw this.#failed('write', error);
    }
  }

  #forget(): boolean {
    const knew = this.#generation !== '';
    this.#generation = '';
    this.#readBytes = 0;
    this.#torn = false;
    this.#damagedLines = 0;
    this.#own = [];
    return knew;
  }

  async #begin(): Promise<void> {
    const stat = await statOf(this.#disk, this.path);
    if (stat === undefined || stat.size === 0) return this.compact([]).then(() => this.#adopt());
    await this.#adopt();
    // a file whose first line was torn has no generation: it gets one
    if (this.#generation === '') {
      const bytes = await readBytes(this.#disk, this.path);
      this.#readBytes = bytes.length;
      await this.compact(this.#parse(bytes.toString('utf8')));
      await this.#adopt();
    }
    this.#torn ||= (await readBytes(this.#disk, this.path)).at(-1) !== NEWLINE;
  }

  async #adopt(): Promise<void> {
    this.#generation = headOf(await readBytes(this.#disk, this.path))?.generation ?? '';
  }

  /** Whether the file with the name is the one that was read. */
  async #isSame(): Promise<boolean> {
    const file = await this.#disk.open(this.path, 'r');
    try {
      const buffer = Buffer.alloc(256);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      return headOf(buffer.subarray(0, bytesRead))?.generation === this.#generation;
    } finally {
      await file.close();
    }
  }

  #parse(text: string): Entry[] {
    return text.split('\n').flatMap((line) => {
      if (line === '') return [];
      try {
        const entry = JSON.parse(line) as Entry | Head;
        return (entry as Head).type === 'journal' ? [] : [entry as Entry];
      } catch {
        this.#damagedLines++;
        return [];
      }
    });
  }

  #failed(what: 'read' | 'write', error: unknown): InspectionError {
    if (error instanceof InspectionError) return error;
    return new InspectionError('IO_FAILED', `Cannot ${what} ${this.path}: ${messageOf(error)}`, { cause: error });
  }
}

function headOf(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf(NEWLINE);
  if (end < 0) return undefined;
  try {
    const head = JSON.parse(bytes.subarray(0, end).toString('utf8')) as Partial<Head>;
    return head.type === 'journal' && typeof head.generation === 'string' ? (head as Head) : undefined;
  } catch {
    return undefined;
  }
}
