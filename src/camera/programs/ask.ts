import { execFile } from 'node:child_process';
import { cameraEnvironment } from './child';

/** Time a program has for its answer, ms: rpicam-hello starts the camera stack for it. */
const ANSWER_MS = 5_000;
const MOST_BYTES = 256 * 1024;

/** What a short-lived program said. */
export interface Said {
  stdout: string;
  stderr: string;
  /** Why it did not end well; `absent`: it is not installed. */
  failed?: 'absent' | 'failed';
}

/** Runs a program that answers and ends, without a shell. Never rejects. */
export function ask(program: string, args: readonly string[], timeoutMs = ANSWER_MS): Promise<Said> {
  return new Promise((resolve) => {
    const limits = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: MOST_BYTES } as const;
    execFile(program, [...args], { ...limits, env: cameraEnvironment() }, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr });
      else resolve({ stdout, stderr, failed: error.code === 'ENOENT' ? 'absent' : 'failed' });
    });
  });
}
