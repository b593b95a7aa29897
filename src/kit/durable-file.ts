import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InspectionError, messageOf } from '../contract/errors';
import { nodeDisk, replaceFile, syncFolder } from './disk';

function ioFailed(path: string, error: unknown): InspectionError {
  return new InspectionError('IO_FAILED', `Cannot write ${path}: ${messageOf(error)}`, { cause: error });
}

/** Owner only: verdicts and alerts are nobody else's business. */
const FILE_MODE = 0o600;

/**
 * Replaces a text file, and makes its folder where there is none: after a power cut it holds either the old or the new
 * text, whole.
 *
 * @throws InspectionError IO_FAILED
 */
export async function replaceTextFile(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await replaceFile(nodeDisk, path, Buffer.from(text), FILE_MODE);
  } catch (error) {
    throw ioFailed(path, error);
  }
}

interface Waiting {
  text: string;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** What an AppendFile does to its file: the part of node's FileHandle that is used. */
export type AppendHandle = Pick<FileHandle, 'truncate' | 'appendFile' | 'datasync' | 'close'>;

export interface AppendOptions {
  /** Opens the file for adding, made if need be; tests put another disk in. */
  open?: (path: string) => Promise<AppendHandle>;
  /** Time until what the disk refused is tried again, ms. Default 5,000. */
  retryMs?: number;
  /** Most bytes that the disk owes and that are kept for it; the oldest go, and are counted. Default 4 MiB. */
  owedMaxBytes?: number;
}

/**
 * A file that is only added to. append() resolves when the bytes are on the disk (fdatasync); what arrives while one
 * write is under way goes together in the next, so that a burst costs a few syncs instead of hundreds. What the disk refuses
 * is told at once, and tried again: with the next text, after a while, and at the end.
 */
export class AppendFile {
  readonly path: string;
  /** Bytes handed over so far; what the disk refused is counted as well. */
  bytes: number;
  readonly #options: Required<AppendOptions>;
  /** Bytes that are whole on the disk. */
  #goodBytes: number;
  #damaged = false;
  #handle: AppendHandle | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  /** Texts that the disk refused, oldest first. */
  #owed: string[] = [];
  #lost = 0;
  #retryTimer: NodeJS.Timeout | undefined;

  constructor(path: string, bytes = 0, options: AppendOptions = {}) {
    this.path = path;
    this.bytes = bytes;
    this.#goodBytes = bytes;
    this.#options = { open: openToAppend, retryMs: 5000, owedMaxBytes: 4 << 20, ...options };
  }

  /** Texts that were given up because the disk refused for too long. */
  get lost(): number {
    return this.#lost;
  }

  append(text: string): Promise<void> {
    this.bytes += Buffer.byteLength(text);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#begin();
    });
  }

  #begin(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    do {
      const batch = this.#waiting;
      this.#waiting = [];
      const texts = [...this.#owed, ...batch.map(({ text }) => text)];
      try {
        await this.#write(texts.join(''));
        this.#owed = [];
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#owe(texts);
        const failed = ioFailed(this.path, error);
        for (const { reject } of batch) reject(failed);
      }
    } while (this.#waiting.length > 0);
    // in the same turn as the look at what waits: a text that comes right after an answer would else wait for the next one
    this.#writing = undefined;
    if (this.#owed.length > 0) {
      this.#retryTimer = setTimeout(() => this.#begin(), this.#options.retryMs);
      this.#retryTimer.unref();
    }
  }

  #owe(texts: string[]): void {
    let bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    let first = 0;
    for (; bytes > this.#options.owedMaxBytes; first++) bytes -= Buffer.byteLength(texts[first] as string);
    this.#lost += first;
    this.#owed = texts.slice(first);
  }

  async #write(text: string): Promise<void> {
    if (text === '') return;
    this.#handle ??= await this.#options.open(this.path);
    // A write that failed may have left half a line, which the next one must not continue.
    if (this.#damaged) await this.#handle.truncate(this.#goodBytes);
    this.#damaged = true;
    await this.#handle.appendFile(text);
    await this.#handle.datasync();
    this.#damaged = false;
    this.#goodBytes += Buffer.byteLength(text);
  }

  /** Waits for what was handed over, tries once more what the disk refused, then closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#owed.length > 0) {
      this.#begin();
      await this.#writing;
    }
    clearTimeout(this.#retryTimer);
    await this.#handle?.close();
    this.#handle = undefined;
  }
}

async function openToAppend(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'a', FILE_MODE);
  await syncFolder(nodeDisk, dirname(path));
  return handle;
}
