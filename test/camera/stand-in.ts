import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after } from 'node:test';
import { jpeg, temporaryFolder } from './support';

/** What a stand-in does; each is one camera or fault in the flesh. */
export interface Behaviour {
  /** Record whose text goes to stderr first; see records/README.md. */
  stderr?: string;
  /** Record whose text goes to stdout. */
  stdout?: string;
  /** JPEGs written to stdout, marked 0, 1, 2 …; -1: without end. */
  pictures?: number;
  /** Time between two of them, ms. */
  everyMs?: number;
  /** Written between pictures. */
  garbage?: string;
  /** Exit status after the last picture; without it the program hangs. */
  exit?: number;
  /** Go on when asked to end. */
  ignoresSigterm?: boolean;
  /** Start a child that holds the output open. */
  startsChild?: boolean;
}

const RECORDS = join(__dirname, '..', '..', '..', 'test', 'camera', 'records');

export function record(name: string): string {
  return readFileSync(join(RECORDS, `${name}.txt`), 'utf8');
}

const originalPath = process.env.PATH ?? '';

/** Programs that exist only for the tests of one file: a folder in front of PATH. */
export class StandIns {
  readonly folder = temporaryFolder();

  constructor() {
    process.env.PATH = this.folder + delimiter + originalPath;
    after(() => {
      process.env.PATH = originalPath;
    });
  }

  /** Hides every program of the machine, as if nothing were installed. */
  alone(): void {
    process.env.PATH = this.folder;
  }

  /** Installs a program, or gives it another behaviour. */
  install(name: string, behaviour: Behaviour): void {
    const { stderr, stdout, ...rest } = behaviour;
    const script = {
      ...rest,
      log: this.#logOf(name),
      stderr: stderr === undefined ? '' : record(stderr),
      stdout: stdout === undefined ? '' : record(stdout),
      head: jpeg().subarray(0, 2).toString('base64'),
      tail: jpeg().subarray(2).toString('base64'),
    };
    this.installScript(name, `(${program.toString()})(${JSON.stringify(script)});`);
  }

  installScript(name: string, source: string): void {
    const path = join(this.folder, name);
    writeFileSync(path, `#!${process.execPath}\n${source}\n`);
    chmodSync(path, 0o755);
    appendFileSync(this.#logOf(name), '');
  }

  /** How the program was called: one entry per start. */
  calls(name: string): Array<{ pid: number; args: string[]; env: string[] }> {
    const lines = readFileSync(this.#logOf(name), 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as { pid: number; args: string[]; env: string[] });
  }

  #logOf(name: string): string {
    return join(this.folder, `${name}.log`);
  }
}

export { isAlive } from '../helpers/child-processes';

interface Script extends Behaviour {
  log: string;
  head: string;
  tail: string;
}

/** The stand-in itself: its text is written into a file, so it may use nothing from around it. */
/* eslint-disable @typescript-eslint/no-require-imports */
function program(script: Script): void {
  const fs = require('node:fs') as typeof import('node:fs');
  const { spawn } = require('node:child_process') as typeof import('node:child_process');
  const call = { pid: process.pid, args: process.argv.slice(2), env: Object.keys(process.env) };
  fs.appendFileSync(script.log, `${JSON.stringify(call)}\n`);
  if (script.ignoresSigterm) process.on('SIGTERM', () => undefined);
  process.stdout.on('error', () => process.exit(0));
  process.stderr.write(script.stderr ?? '');
  process.stdout.write(script.stdout ?? '');
  if (script.startsChild) {
    const child = spawn('/bin/sleep', ['600'], { stdio: 'inherit' });
    fs.appendFileSync(script.log, `${JSON.stringify({ pid: child.pid, args: ['child'], env: [] })}\n`);
  }
  let count = 0;
  function picture(): void {
    if (count === (script.pictures ?? 0)) {
      if (script.exit !== undefined) process.exitCode = script.exit;
      // a camera that hangs
      else setInterval(() => undefined, 60_000);
      return;
    }
    const comment = Buffer.from(String(count));
    const length = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
    const head = Buffer.from(script.head, 'base64');
    const tail = Buffer.from(script.tail, 'base64');
    process.stdout.write(Buffer.concat([Buffer.from(script.garbage ?? ''), head, length, comment, tail]));
    count += 1;
    setTimeout(picture, script.everyMs ?? 1);
  }
  picture();
}
