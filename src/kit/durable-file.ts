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

/**
 * A file that is only added to. append() resolves when the bytes are on the disk (fdatasync); what arrives while one
 * write is under way goes together in the next, so that a burst costs a few syncs instead of hundreds.
 */
export class AppendFile {
  readonly path: string;
  /** Bytes handed over so far; what the disk refused is counted as well. */
  bytes: number;
  /** Bytes that are whole on the disk. */
  #goodBytes: number;
  #damaged = false;
  #handle: FileHandle | undefined;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;

  constructor(path: string, bytes = 0) {
    this.path = path;
    this.bytes = bytes;
    this.#goodBytes = bytes;
  }

  append(text: string): Promise<void> {
    this.bytes += Buffer.byteLength(text);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text, resolve, reject });
      this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
    });
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch.map(({ text }) => text).join(''));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        const failed = ioFailed(this.path, error);
        for (const { reject } of batch) reject(failed);
      }
    }
  }

  async #write(text: string): Promise<void> {
    this.#handle ??= await this.#open();
    // A write that failed may have left half a line, which the next one must not continue.
    if (this.#damaged) await this.#handle.truncate(this.#goodBytes);
    this.#damaged = true;
    await this.#handle.appendFile(text);
    await this.#handle.datasync();
    this.#damaged = false;
    this.#goodBytes += Buffer.byteLength(text);
  }

  async #open(): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true });
    const handle = await open(this.path, 'a', FILE_MODE);
    await syncFolder(nodeDisk, dirname(this.path));
    return handle;
  }

  /** Waits for what was handed over, then closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#handle?.close();
    this.#handle = undefined;
  }
}
