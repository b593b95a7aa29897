import { spawn } from 'node:child_process';
import { InspectionError } from '../contract/errors';
import { lastLine } from './connection';

/** Runs a program of this PC without a shell. @throws InspectionError IO_FAILED with its last line */
export function runProgram(
  program: string,
  args: readonly string[],
  { cwd, what }: { cwd: string; what: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true });
    let stderr = '';
    child.stderr.on('data', (piece) => (stderr = `${stderr}${String(piece)}`.slice(-65_536)));
    child.on('error', (error) => reject(new InspectionError('IO_FAILED', `${what} cannot be run: ${error.message}`)));
    child.on('close', (status) => {
      if (status === 0) return resolve();
      // npm ends with the name of its log file; its reason stands above
      const lines = stderr.split('\n').filter((line) => !/complete log|^\s*$|npm warn/.test(line));
      reject(new InspectionError('IO_FAILED', `${what} failed: ${lastLine(lines.join('\n')) || `status ${status}`}`));
    });
  });
}
