import { readFile } from 'node:fs/promises';
import { replaceTextFile } from '../kit/durable-file';
import { readBooks, type Books } from './books';

/** Written this often while something changes; a power cut costs no more than this of the books. */
const SAVE_EVERY_MS = 5000;

/**
 * Keeps books on the disk. A missing or spoilt file are new books, and a disk that cannot be written is said once: neither is
 * a reason not to inspect.
 */
export class BooksFile {
  readonly #books: Books;
  readonly #path: string;
  readonly #warn: (error: unknown) => void;
  readonly #opened: Promise<void>;
  #writing: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;
  #written = '';

  constructor(books: Books, path: string, warn: (error: unknown) => void) {
    this.#books = books;
    this.#path = path;
    this.#warn = warn;
    this.#opened = this.#open();
    books.onChange = () => this.#saveSoon();
  }

  /** Resolves when everything until now is on the disk, or cannot be. Those that come meanwhile are written together. */
  save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = Promise.all([this.#opened, this.#writing]).then(() => this.#write());
    return this.#writing;
  }

  async #open(): Promise<void> {
    try {
      const kept = readBooks(JSON.parse(await readFile(this.#path, 'utf8')));
      if (kept) this.#books.goOnFrom(kept);
    } catch {
      // no books yet, or none that can be read
    }
  }

  #saveSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.save(), SAVE_EVERY_MS);
    this.#timer.unref();
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(this.#books.kept);
    if (text === this.#written) return;
    try {
      await replaceTextFile(this.#path, text);
      this.#written = text;
      this.#isTold = false;
    } catch (error) {
      if (!this.#isTold) this.#warn(error);
      this.#isTold = true;
    }
  }
}
