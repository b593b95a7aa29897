import { mkdir, readdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppendFile } from '../../kit/durable-file';
import type { KnownPart } from './review-store';

/** 64 MiB hold some 400,000 parts: about five days at one part per second. */
const MAX_BYTES = 64 << 20;
/** Lines are written together so often; a crash loses that much of the log, no answer. */
const FLUSH_MS = 1000;
const FILE = /^parts-(\d{4}-\d{2}-\d{2})\.jsonl$/;

/** Parts of one day. */
export interface DayCount {
  /** UTC, YYYY-MM-DD. */
  day: string;
  passed: number;
  failed: number;
}

/**
 * What the line did with which part, so that a truth that comes days later finds its part: one line per part, one file per day
 * (UTC), the oldest files go. Losing lines loses no answer.
 */
export class PartLog {
  readonly folder: string;
  readonly #maxBytes: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, DayCount>();
  #file: { day: string; file: AppendFile } | undefined;
  #waiting: KnownPart[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(folder: string, maxBytes: number, now: () => number) {
    this.folder = folder;
    this.#maxBytes = maxBytes;
    this.#now = now;
  }

  /** Opens the log, and counts what is there. */
  static async open(folder: string, maxBytes = MAX_BYTES, now: () => number = Date.now): Promise<PartLog> {
    const log = new PartLog(folder, maxBytes, now);
    await mkdir(folder, { recursive: true });
    for (const name of await log.#files()) {
      for (const part of await log.#partsOf(name)) log.#count(part);
    }
    return log;
  }

  /** Notes a part. @param failed told when the disk refuses */
  add(part: KnownPart, failed: (error: unknown) => void = () => undefined): void {
    this.#count(part);
    this.#waiting.push(part);
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#flush().catch(failed);
    }, FLUSH_MS);
    this.#timer.unref();
  }

  /** Finds a part by the id of its frame or its number, the newest first; undefined: it is not known any more. */
  async find({ frameId, partId }: { frameId: string | null; partId: string | null }): Promise<KnownPart | undefined> {
    await this.flush();
    const isMeant = (part: KnownPart) => part.frameId === frameId || (partId !== null && part.partId === partId);
    for (const name of (await this.#files()).reverse()) {
      const found = (await this.#partsOf(name)).findLast(isMeant);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Parts by day, oldest first, as far as the log goes back. */
  days(): DayCount[] {
    return [...this.#counts.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    await this.#writing;
    await this.#flush();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#file?.file.close();
    this.#file = undefined;
  }

  #count({ time, line }: KnownPart): void {
    const day = time.slice(0, 10);
    const count = this.#counts.get(day) ?? { day, passed: 0, failed: 0 };
    count[line === 'PASS' ? 'passed' : 'failed']++;
    this.#counts.set(day, count);
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const parts = this.#waiting;
    if (parts.length === 0) return;
    this.#waiting = [];
    const file = await this.#today();
    await file.append(parts.map((part) => `${JSON.stringify(part)}\n`).join(''));
  }

  async #today(): Promise<AppendFile> {
    const day = new Date(this.#now()).toISOString().slice(0, 10);
    if (this.#file?.day === day) return this.#file.file;
    await this.#file?.file.close();
    const path = join(this.folder, `parts-${day}.jsonl`);
    const bytes = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    const file = new AppendFile(path, bytes);
    this.#file = { day, file };
    await this.#makeRoom(day);
    return file;
  }

  async #makeRoom(today: string): Promise<void> {
    const files = await Promise.all(
      (await this.#files()).map(async (name) => ({ name, bytes: (await stat(join(this.folder, name))).size })),
    );
    let excess = files.reduce((sum, { bytes }) => sum + bytes, 0) - this.#maxBytes;
    for (const { name, bytes } of files) {
      const day = FILE.exec(name)?.[1] ?? today;
      if (excess <= 0 || day >= today) return;
      await unlink(join(this.folder, name));
      this.#counts.delete(day);
      excess -= bytes;
    }
  }

  async #files(): Promise<string[]> {
    return (await readdir(this.folder)).filter((name) => FILE.test(name)).sort();
  }

  async #partsOf(name: string): Promise<KnownPart[]> {
    const text = await readFile(join(this.folder, name), 'utf8');
    return text.split('\n').flatMap((line) => {
      try {
        return line === '' ? [] : [JSON.parse(line) as KnownPart];
      } catch {
        return []; // torn by a crash
      }
    });
  }
}
