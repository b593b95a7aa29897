import { resolve } from 'node:path';
import { writeDataset } from '../simulate/boards/dataset';
import { LOOKS } from '../simulate/boards/board';
import { lineOptions } from '../simulate/line';
import { integerBetween, nonEmptyString } from '../contract/validate';
import { action, type CommandResult, type RegisterCommand } from './command';
import { registerSimulateThermal } from './simulate-thermal';

/** Sub-commands of `simulate`; each adds itself to the `simulate` command that it is given. */
const SUBCOMMANDS: RegisterCommand[] = [registerSimulateThermal];

const MAX_COUNT = 1_000_000;
/** Worker threads that draw: a Pi 5 has four cores, and the pictures wait for the disk now and then. */
const WORKERS = 2;
/** Training wants mostly defects, and some boards without. */
const DEFAULT_DEFECT_RATE = 0.9;

const OPTION_NAMES = {
  ...{ seed: '--seed', look: '--look', defectRate: '--defect-rate', defects: '--defects' },
  ...{ design: '--design', size: '--size', shift: '--shift', turn: '--turn', stretch: '--stretch' },
};

interface SimulateOptions {
  count?: string;
  out?: string;
  seed?: string;
  look?: string;
  defectRate?: string;
  defects?: string;
  design?: string;
  size?: string;
  shift?: string;
  turn?: string;
  stretch?: string;
  json?: boolean;
}

/** A line on stderr that counts along; only on a terminal it is rewritten in place. */
function progress(count: number): (done: number) => void {
  const every = Math.max(1, Math.round(count / (process.stderr.isTTY ? 200 : 10)));
  return (done) => {
    if (done % every !== 0 && done !== count) return;
    const end = process.stderr.isTTY && done !== count ? '\r' : '\n';
    process.stderr.write(`${done} of ${count} boards${end}`);
  };
}

async function simulate(options: SimulateOptions): Promise<CommandResult> {
  const count = integerBetween(options.count, '--count', 1, MAX_COUNT);
  const outDir = resolve(nonEmptyString(options.out, '--out'));
  const line = lineOptions(options, OPTION_NAMES);
  const started = performance.now();
  const summary = await writeDataset({ ...line, count, outDir, workers: WORKERS, onProgress: progress(count) });
  const seconds = Math.round(performance.now() - started) / 1000;
  return {
    json: { out: outDir, options: line, ...summary, seconds },
    text: `${summary.images} boards (${summary.clean} without a defect), ${summary.defects} defects in ${outDir}, ${seconds} s`,
  };
}

export const registerSimulate: RegisterCommand = (program) => {
  const command = program
    .command('simulate')
    .description('Draw circuit boards with known defects: images, YOLO labels and class names.')
    // so that a sub-command's own --json is not taken for this command's
    .enablePositionalOptions()
    .option('--count <n>', 'how many boards')
    .option('--out <dir>', 'folder to write, empty or new: images/, labels/, classes.txt')
    .option('--seed <n>', 'the same seed draws the same boards', '1')
    .option('--look <look>', LOOKS.join(' | '), 'binarised')
    .option('--defect-rate <share>', 'share of boards with at least one defect, 0 to 1', String(DEFAULT_DEFECT_RATE))
    .option('--defects <n>', 'defects on a defective board: a number or a range such as 16-26; default 3 to 12')
    .option('--design <n>', 'every part is this board but for its defects; default: each another')
    .option('--size <WxH>', 'a panel of boards, up to 12 megapixels, such as 4000x3000; default: one board, 640x640')
    .option('--shift <share>', 'parts on a belt, shifted by up to this share of the picture, 0 to 0.25')
    .option('--turn <degrees>', 'and turned by up to so much, 0 to 180')
    .option('--stretch <share>', 'and larger or smaller by up to this share, 0 to 0.2')
    .option('--json', 'print one JSON document')
    .action(action(simulate));
  for (const register of SUBCOMMANDS) register(command);
};
