import type { ChildProcess } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { InspectionError } from '../contract/errors';
import { scriptOf } from './script';

/** The way to the target broke: what was under way may or may not have happened there. */
export class ConnectionLost extends InspectionError {
  constructor(sentence: string) {
    super('IO_FAILED', sentence);
  }
}

export interface Output {
  status: number;
  stdout: string;
  stderr: string;
}

/** ssh's own exit status for everything that is not the remote command's. */
const SSH_FAILED = 255;

/** What is run on the target, word for word: everything that differs comes through stdin. */
const RUN_SCRIPT = 'exec sh -s';
/** Takes a folder and a name, a line each, then a file's bytes from where an earlier try left off. */
const RECEIVE = `exec sh -c 'IFS= read -r d && IFS= read -r n && mkdir -p -- "$d" && cat >>"$d/$n"'`;

/** Longest output that is kept, bytes. */
const MAX_OUTPUT = 8 << 20;

/** A shell on the target. */
export abstract class Connection {
  /** Starts a fixed command on the target; its stdin, stdout and stderr are pipes. */
  protected abstract start(command: string): ChildProcess;
  /** Whom sentences speak of. */
  abstract readonly name: string;

  /**
   * Runs a fixed script. @param words its positional parameters @param input one line that its programs may read
   *
   * @throws ConnectionLost
   */
  async run(text: string, words: readonly string[] = [], input = '', limitMs = 120_000): Promise<Output> {
    const child = this.start(RUN_SCRIPT);
    const output = this.#outputOf(child, limitMs);
    child.stdin!.end(scriptOf(text, words, input));
    return output;
  }

  /** Sends a file's bytes from an offset on. @throws ConnectionLost; InspectionError IO_FAILED when the target cannot take them */
  async send(
    file: string,
    to: { folder: string; name: string },
    offset: number,
    onBytes: (bytes: number) => void = () => {},
  ): Promise<void> {
    const child = this.start(RECEIVE);
    const output = this.#outputOf(child, 0);
    child.stdin!.write(`${to.folder}\n${to.name}\n`);
    const stream = createReadStream(file, { start: offset });
    stream.on('data', (piece) => onBytes(piece.length));
    stream.pipe(child.stdin!);
    await Promise.race([finished(stream).catch(() => undefined), output]);
    const { status, stderr } = await output;
    stream.destroy();
    if (status !== 0) {
      throw new InspectionError(
        'IO_FAILED',
        `${this.name} could not take ${to.name}: ${lastLine(stderr) || `status ${status}`}`,
      );
    }
  }

  close(): void {}

  #outputOf(child: ChildProcess, limitMs: number): Promise<Output> {
    return new Promise((resolve, reject) => {
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      let bytes = 0;
      const keep = (list: Buffer[]) => (piece: Buffer) => {
        bytes += piece.length;
        if (bytes <= MAX_OUTPUT) list.push(piece);
      };
      child.stdout!.on('data', keep(out));
      child.stderr!.on('data', keep(err));
      // a target that is gone closes its end: the exit status tells of it
      child.stdin!.on('error', () => undefined);
      let isLate = false;
      const timer = limitMs > 0 ? setTimeout(() => ((isLate = true), child.kill('SIGKILL')), limitMs) : undefined;
      child.on('error', (error) => {
        clearTimeout(timer);
        reject(new ConnectionLost(`The program ssh cannot be run: ${error.message}`));
      });
      child.on('close', (status, signal) => {
        clearTimeout(timer);
        const [stdout, stderr] = [Buffer.concat(out).toString('utf8'), Buffer.concat(err).toString('utf8')];
        if (isLate) reject(new ConnectionLost(`${this.name} did not answer within ${limitMs / 1000} s`));
        else if (signal !== null || status === SSH_FAILED) {
          reject(new ConnectionLost(`The connection to ${this.name} failed: ${lastLine(stderr) || 'it was cut off'}`));
        } else resolve({ status: status ?? 1, stdout, stderr });
      });
    });
  }
}

export function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** The line that says what went wrong: Node.js prints a stack and its version below it. */
export function errorLine(stderr: string): string {
  const lines = stderr.trim().split('\n');
  return (lines.findLast((line) => /^\w*Error\b/.test(line.trim())) ?? lines.at(-1) ?? '').trim();
}
