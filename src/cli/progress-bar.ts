import { clearLine, cursorTo } from 'node:readline';

/** Characters of a whole bar. */
const WIDTH = 40;
/** A terminal is not written to more often than this, ms. */
const LEAST_INTERVAL_MS = 100;

/**
 * A progress bar with the time left on stderr; without a terminal there, a line whenever another tenth is done, so that a
 * log stays readable.
 */
export class ProgressBar {
  readonly #startedAt = performance.now();
  #lastTenth = 0;
  #drawnAt = -Infinity;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {}

  /** @param done of the whole, 0 … 1 @param step what is being done */
  update(done: number, step: string): void {
    if (this.stream.isTTY) this.#draw(done, step);
    else this.#log(done, step);
  }

  /** Ends the bar's line; what comes next begins on one of its own. */
  stop(): void {
    if (this.stream.isTTY && this.#drawnAt > -Infinity) this.stream.write('\n');
  }

  #draw(done: number, step: string): void {
    const now = performance.now();
    if (now - this.#drawnAt < LEAST_INTERVAL_MS && done < 1) return;
    this.#drawnAt = now;
    const bar = '#'.repeat(Math.round(done * WIDTH)).padEnd(WIDTH, '.');
    const line = `${bar} ${Math.round(done * 100)} %  ${step}${this.#left(done)}`;
    cursorTo(this.stream, 0);
    // a line that wraps could not be written over
    this.stream.write(line.slice(0, (this.stream.columns || 80) - 1));
    clearLine(this.stream, 1);
  }

  #log(done: number, step: string): void {
    const tenth = Math.floor(done * 10);
    if (tenth <= this.#lastTenth) return;
    this.#lastTenth = tenth;
    this.stream.write(`${tenth * 10} % ${step}${this.#left(done)}\n`);
  }

  /** ', 12 s left', from the time that the part done so far took. */
  #left(done: number): string {
    const elapsedS = (performance.now() - this.#startedAt) / 1000;
    if (done <= 0.02 || done >= 1 || elapsedS < 1) return '';
    return `, ${Math.ceil((elapsedS / done) * (1 - done))} s left`;
  }
}
