import { spawn, type ChildProcess } from 'node:child_process';
import { InspectionError } from '../../contract/errors';
import type { Splitter } from './splitter';
import { steadyNowMs } from '../../kit/clock';

export interface ChildOptions {
  /** Names of the program, best first: the next is tried when one is not installed. */
  programs: readonly string[];
  /** Handed over as they are, without a shell. */
  args: readonly string[];
  /** Written to the standard input, which `ps` does not show. */
  stdin?: string;
  /** What to do when none of the programs is there: `sudo apt install ffmpeg`. */
  install: string;
  /** Turns the end of the program into what to do about it. */
  explain: (end: ChildEnd) => InspectionError;
}

export interface ChildEnd {
  program: string;
  /** Last output on stderr, at most STDERR_KEPT_CHARS. */
  stderr: string;
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** As much of the error output as is kept, characters. */
const STDERR_KEPT_CHARS = 4_096;
/** Time between asking a program to end and ending it, ms. */
const KILL_AFTER_MS = 1_000;

/** The variables a camera program needs; everything else, secrets of the host among them, stays here. */
const PASSED_ON = ['PATH', 'HOME', 'LD_LIBRARY_PATH', 'XDG_RUNTIME_DIR', 'TMPDIR', 'LIBCAMERA_LOG_LEVELS'] as const;

/** The environment that camera programs get. */
export function cameraEnvironment(): NodeJS.ProcessEnv {
  const passed = PASSED_ON.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]]);
  // messages are read for what went wrong: in English on every machine
  return { ...Object.fromEntries(passed), LC_ALL: 'C' } as NodeJS.ProcessEnv;
}

/** Process groups that are alive: ended with this process, whatever ends it. */
const groups = new Set<number>();
let isExitWatched = false;

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // gone already
  }
}

function watchExit(): void {
  if (isExitWatched) return;
  isExitWatched = true;
  process.on('exit', () => {
    for (const pid of groups) killGroup(pid, 'SIGKILL');
  });
}

/** Camera programs of this process that have not ended. */
export function runningChildren(): number {
  return groups.size;
}

/**
 * Runs a program whose output is pictures until it ends, which rejects with its explanation. When the signal aborts, the
 * program and all it started are asked to end, after 1 s made to; resolves once they are gone.
 */
export async function runChild(options: ChildOptions, splitter: Splitter, signal: AbortSignal): Promise<void> {
  for (const program of options.programs) {
    const end = await runProgram(program, options, splitter, signal);
    splitter.end();
    if (end === 'not installed') continue;
    if (signal.aborted) return;
    throw options.explain(end);
  }
  const names = options.programs.join(' or ');
  throw new InspectionError(
    'SOURCE_UNAVAILABLE',
    `Expected the program ${names} but it is not installed: ${options.install}`,
  );
}

function runProgram(
  program: string,
  options: ChildOptions,
  splitter: Splitter,
  signal: AbortSignal,
): Promise<ChildEnd | 'not installed'> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve({ program, stderr: '', code: null, signal: null });
    watchExit();
    const child = spawn(program, options.args, {
      // a group of its own, so that what it starts can be ended with it
      detached: true,
      env: cameraEnvironment(),
      stdio: [options.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let stderr = '';
    let force: NodeJS.Timeout | undefined;
    const onAbort = () => {
      force = end(child);
    };
    const settle = () => {
      clearTimeout(force);
      signal.removeEventListener('abort', onAbort);
      if (child.pid !== undefined) groups.delete(child.pid);
    };
    if (child.pid !== undefined) groups.add(child.pid);
    signal.addEventListener('abort', onAbort, { once: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!signal.aborted) splitter.push(chunk, steadyNowMs());
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-STDERR_KEPT_CHARS);
    });
    // a program that ends before it has read everything
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.stdin);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      settle();
      if (error.code === 'ENOENT') return resolve('not installed');
      reject(
        new InspectionError('SOURCE_UNAVAILABLE', `${program} cannot be started (${error.code}): check its rights`, {
          cause: error,
        }),
      );
    });
    child.on('exit', () => {
      // what it started may hold its output open
      if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
    });
    child.on('close', (code, endSignal) => {
      settle();
      resolve({ program, stderr, code, signal: endSignal });
    });
  });
}

function end(child: ChildProcess): NodeJS.Timeout | undefined {
  const { pid } = child;
  if (pid === undefined) return undefined;
  killGroup(pid, 'SIGTERM');
  // a stopped (frozen) program takes SIGTERM only when it goes on
  killGroup(pid, 'SIGCONT');
  return setTimeout(() => killGroup(pid, 'SIGKILL'), KILL_AFTER_MS);
}
