import type { Readable } from 'node:stream';

/** Enough for the last words of a native crash; the rest of a chatty stream is let go. */
const MAX_CHARS = 2000;
const MAX_LINES = 3;

/** Remembers the end of a stream of text. */
export class StderrTail {
  #text = '';

  constructor(stream: Readable | null) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => (this.#text = (this.#text + text).slice(-MAX_CHARS)));
    // a broken stderr is no reason for anything: the process's end is reported by its exit
    stream?.on('error', () => {});
  }

  /** The last lines in one, '' when nothing was said. */
  get lastLines(): string {
    const lines = this.#text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return lines.slice(-MAX_LINES).join(' | ');
  }
}
