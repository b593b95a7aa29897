import { mkdir, readdir, readFile, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../../contract/errors';
import { nodeDisk, syncFolder } from '../../kit/disk';
import { AppendFile, type AppendOptions } from '../../kit/durable-file';
import { decodeLines, encodeLine } from './log-lines';

/** What waits until the broker has it. */
export interface OutboxMessage {
  topic: string;
  /** As it goes on the wire. */
  payload: string;
}

export interface OutboxEntry extends OutboxMessage {
  /** Counts up by one per message over the life of the outbox. */
  number: number;
}

export interface OutboxOptions {
  folder: string;
  /** Most bytes on disk. When they are used up, the oldest messages go, and are counted. Default 16 MiB. */
  maxBytes?: number;
  /** A file this large is closed and a new one begun; space is given back file by file. Default 1 MiB. */
  segmentBytes?: number;
  /** How its files are written; see AppendFile. */
  file?: AppendOptions;
}

type Line = { put: number; topic: string; payload: string } | { acked: number };

interface Segment {
  file: AppendFile;
  /** The last message in it; 0: none yet. */
  lastPut: number;
}

const SEGMENT_PATTERN = /^(\d{10})\.log$/;

/**
 * Messages on disk in order, until they are acknowledged: a log of checksummed lines in files of limited size. A message
 * is safe when put() has resolved; after a crash or a power cut open() finds every such message again. A line that was
 * cut off is one whose put() never resolved. Acknowledgements are written without waiting: one that is lost only means
 * that its message is sent twice, with the same id.
 */
export class Outbox {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #file: AppendOptions | undefined;
  #segments: Segment[] = [];
  #pending: OutboxEntry[] = [];
  #lastNumber = 0;
  #acked = 0;
  #nextSegment = 1;
  #dropped = 0;
  #damaged = 0;

  private constructor({ folder, maxBytes = 16 * 2 ** 20, segmentBytes = 2 ** 20, file }: OutboxOptions) {
    this.#file = file;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#segmentBytes = Math.min(segmentBytes, Math.ceil(maxBytes / 4));
  }

  /** Opens the outbox in a folder, made if need be, with all that was not acknowledged. One process at a time. */
  static async open(options: OutboxOptions): Promise<Outbox> {
    const outbox = new Outbox(options);
    try {
      await outbox.#recover();
    } catch (error) {
      throw new InspectionError('IO_FAILED', `Cannot open the outbox in ${options.folder}: ${messageOf(error)}`, {
        cause: error,
      });
    }
    return outbox;
  }

  /** Not acknowledged yet, oldest first. */
  get pending(): readonly OutboxEntry[] {
    return this.#pending;
  }

  /** Messages given up since open() because the disk space was used up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Lines found damaged by open(): cut off by a crash (never promised to anyone), or spoilt on the disk. */
  get damaged(): number {
    return this.#damaged;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { file }) => sum + file.bytes, 0);
  }

  /**
   * Adds a message. It is pending at once, and safe against a power cut when the promise resolves. When the disk refuses,
   * the promise rejects, and the message stays pending as long as the process lives.
   */
  async put(message: OutboxMessage): Promise<OutboxEntry> {
    const entry: OutboxEntry = { number: this.#lastNumber + 1, topic: message.topic, payload: message.payload };
    this.#lastNumber = entry.number;
    this.#pending.push(entry);
    const segment = this.#segmentFor();
    segment.lastPut = entry.number;
    const line: Line = { put: entry.number, topic: entry.topic, payload: entry.payload };
    const written = segment.file.append(encodeLine(line));
    this.#makeRoom();
    await written;
    return entry;
  }

  /** Everything up to and with this number is at the broker. */
  ack(number: number): void {
    if (number <= this.#acked) return;
    this.#acked = number;
    const keep = this.#pending.findIndex((entry) => entry.number > number);
    this.#pending = keep === -1 ? [] : this.#pending.slice(keep);
    // not awaited, and failure is no harm: see above
    const line: Line = { acked: number };
    this.#segmentFor()
      .file.append(encodeLine(line))
      .catch(() => undefined);
    this.#dropFiles((segment) => segment.lastPut <= this.#acked);
  }

  /** Waits until all is on disk, and closes the files. */
  async close(): Promise<void> {
    await Promise.all(this.#segments.map(({ file }) => file.close()));
  }

  #segmentFor(): Segment {
    const current = this.#segments.at(-1);
    return current !== undefined && current.file.bytes < this.#segmentBytes ? current : this.#addSegment();
  }

  #addSegment(): Segment {
    const name = `${String(this.#nextSegment).padStart(10, '0')}.log`;
    this.#nextSegment += 1;
    const segment: Segment = { file: new AppendFile(join(this.#folder, name), 0, this.#file), lastPut: 0 };
    this.#segments.push(segment);
    // Each file begins with how far the broker is, so that older files can go.
    segment.file.append(encodeLine({ acked: this.#acked })).catch(() => undefined);
    return segment;
  }

  /** The policy when the disk space is used up: the oldest file goes, and what was pending in it is counted as dropped. */
  #makeRoom(): void {
    while (this.bytes > this.#maxBytes && this.#segments.length > 1) {
      const last = this.#segments[0]?.lastPut ?? 0;
      const kept = this.#pending.filter(({ number }) => number > last);
      this.#dropped += this.#pending.length - kept.length;
      this.#pending = kept;
      this.#acked = Math.max(this.#acked, last);
      this.#removeFile(this.#segments.shift());
    }
  }

  /** Removes files from the old end as long as `done` says so; the newest stays. */
  #dropFiles(done: (segment: Segment) => boolean): void {
    while (this.#segments.length > 1 && done(this.#segments[0] as Segment)) this.#removeFile(this.#segments.shift());
  }

  #removeFile(segment: Segment | undefined): void {
    if (segment === undefined) return;
    void segment.file
      .close()
      .then(() => unlink(segment.file.path))
      .catch(() => undefined);
  }

  async #recover(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const names = (await readdir(this.#folder)).filter((name) => SEGMENT_PATTERN.test(name)).sort();
    for (const name of names) {
      const path = join(this.#folder, name);
      const bytes = await readFile(path);
      const { records, damaged, goodBytes } = decodeLines<Line>(bytes);
      this.#damaged += damaged;
      // New lines must not continue a half one.
      if (goodBytes < bytes.length) await truncate(path, goodBytes);
      this.#segments.push({ file: new AppendFile(path, goodBytes, this.#file), lastPut: this.#replay(records) });
      this.#nextSegment = Number(SEGMENT_PATTERN.exec(name)?.[1]) + 1;
    }
    this.#pending = this.#pending.filter(({ number }) => number > this.#acked);
    this.#lastNumber = Math.max(this.#lastNumber, this.#acked);
    this.#dropFiles((segment) => segment.lastPut <= this.#acked);
    await syncFolder(nodeDisk, this.#folder);
  }

  #replay(records: Line[]): number {
    let lastPut = 0;
    for (const record of records) {
      if ('put' in record) {
        this.#pending.push({ number: record.put, topic: record.topic, payload: record.payload });
        lastPut = record.put;
        this.#lastNumber = Math.max(this.#lastNumber, record.put);
      } else this.#acked = Math.max(this.#acked, record.acked);
    }
    return lastPut;
  }
}
