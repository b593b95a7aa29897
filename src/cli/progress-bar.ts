import { Format, SingleBar } from 'cli-progress';

/** Ticks of a whole bar. */
const TOTAL = 1000;

/**
 * A progress bar with the time left on stderr; without a terminal there, a line whenever another tenth is done, so that a
 * log stays readable.
 */
export class ProgressBar {
  readonly #bar: SingleBar | undefined;
  readonly #startedAt = Date.now();
  #lastTenth = 0;

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {
    if (!stream.isTTY) return;
    this.#bar = new SingleBar({
      stream,
      format: (options, params, payload: { step?: string }) => {
        const bar = Format.BarFormat(params.progress, options);
        return `${bar} ${Math.round(params.progress * 100)} %  ${payload.step ?? ''}${this.#left(params.progress)}`;
      },
      barCompleteChar: '#',
      barIncompleteChar: '.',
      hideCursor: true,
      // the bar's own handlers would end the process before the work has tidied up
      gracefulExit: false,
    });
    this.#bar.start(TOTAL, 0);
  }

  /** @param done of the whole, 0 … 1 @param step what is being done */
  update(done: number, step: string): void {
    this.#bar?.update(Math.round(done * TOTAL), { step });
    const tenth = Math.floor(done * 10);
    if (this.#bar || tenth <= this.#lastTenth) return;
    this.#lastTenth = tenth;
    this.stream.write(`${tenth * 10} % ${step}${this.#left(done)}\n`);
  }

  stop(): void {
    this.#bar?.stop();
  }

  /** ', 12 s left', from the time that the part done so far took. */
  #left(done: number): string {
    const elapsedS = (Date.now() - this.#startedAt) / 1000;
    if (done <= 0.02 || done >= 1 || elapsedS < 1) return '';
    return `, ${Math.ceil((elapsedS / done) * (1 - done))} s left`;
  }
}
