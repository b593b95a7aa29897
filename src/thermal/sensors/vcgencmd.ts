import { spawn } from 'node:child_process';

/** Most that is read of an answer, bytes; the longest real one has about 1,200. */
const MAX_BYTES = 16_384;

export interface VcgencmdOptions {
  /** The program; found in PATH unless it is a path. */
  command: string;
  /** An answer later than this is none, and the program is ended, ms. */
  timeoutMs: number;
}

/**
 * Asks the firmware of a Raspberry Pi. Without a shell; at most one question at a time, so that a program that hangs
 * costs one process and not one a second. Never rejects: undefined when there is no (whole, timely) answer.
 */
export class Vcgencmd {
  readonly #options: VcgencmdOptions;
  #isMissing = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: VcgencmdOptions) {
    this.#options = options;
  }

  /** True once the program turned out not to be on this machine; it is not tried again. */
  get isMissing(): boolean {
    return this.#isMissing;
  }

  ask(...question: string[]): Promise<string | undefined> {
    const answer = this.#last.then(() => (this.#isMissing ? undefined : this.#run(question)));
    this.#last = answer;
    return answer;
  }

  #run(question: string[]): Promise<string | undefined> {
    return new Promise((resolve) => {
      const child = spawn(this.#options.command, question, { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
      const chunks: Buffer[] = [];
      let bytes = 0;
      const finish = (answer: string | undefined) => {
        clearTimeout(timer);
        // a grandchild may hold the pipe open after the program is gone
        child.stdout.destroy();
        resolve(answer);
      };
      const giveUp = () => {
        child.kill('SIGKILL');
        finish(undefined);
      };
      const timer = setTimeout(giveUp, this.#options.timeoutMs);
      child.stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= MAX_BYTES) chunks.push(chunk);
        else giveUp();
      });
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT' || error.code === 'EACCES') this.#isMissing = true;
        finish(undefined);
      });
      child.on('close', (status) => finish(status === 0 ? Buffer.concat(chunks).toString() : undefined));
    });
  }
}
