import { spawn } from 'node:child_process';
import { InspectionError } from '../contract/errors';
import { askingScript, parseAnswers, type Answers } from './questions';

/** All questions together, ms: each one that may hang has a limit of its own. */
const LIMIT_MS = 120_000;

/** Asks this machine. @param folder the Node-RED user folder @throws InspectionError DETECTOR_FAILED never; IO_FAILED without a shell */
export function askHere(folder: string): Promise<Answers> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-s', '--', folder], { stdio: ['pipe', 'pipe', 'ignore'], timeout: LIMIT_MS });
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.on('error', (error) =>
      reject(new InspectionError('IO_FAILED', `The shell sh cannot be run: ${error.message}`)),
    );
    child.on('close', () => resolve(parseAnswers(Buffer.concat(pieces).toString('utf8'))));
    child.stdin.on('error', () => undefined);
    child.stdin.end(askingScript());
  });
}
