#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { registerBench } from './bench';
import { EXIT_OK, EXIT_USAGE, type RegisterCommand } from './command';
import { registerDeploy } from './deploy';
import { registerDetect } from './detect';
import { registerDoctor } from './doctor';
import { registerEval } from './eval';
import { registerExportDisputed } from './export-disputed';
import { registerQuantize } from './quantize';
import { registerReview } from './review';
import { registerSelfTest } from './self-test';
import { registerSimulate } from './simulate';
import { registerSlots } from './slots';

/** One row per command. */
const COMMANDS: RegisterCommand[] = [
  registerBench,
  registerDeploy,
  registerDetect,
  registerDoctor,
  registerEval,
  registerQuantize,
  registerReview,
  registerSelfTest,
  registerSimulate,
  registerSlots,
  registerExportDisputed,
];

/** Version of the installed package; package.json is three folders up from dist/src/cli. */
function packageVersion(): string {
  const text = readFileSync(join(__dirname, '..', '..', '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export function buildProgram(): Command {
  const program = new Command('edge-inspect')
    .description('Visual inspection on a Raspberry Pi: detect, evaluate, quantize, bench and simulate from the shell.')
    .version(packageVersion())
    // options belong to the command they follow: `simulate thermal --json` is not simulate's own --json
    .enablePositionalOptions()
    .showHelpAfterError('Run `edge-inspect --help` for the commands.');
  for (const register of COMMANDS) register(program);
  // commander's own exits become CommanderErrors, in every sub-command too
  exitByException(program);
  return program;
}

function exitByException(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) exitByException(inner);
}

export async function main(argv: string[]): Promise<void> {
  try {
    await buildProgram().parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  }
}

if (require.main === module) void main(process.argv);
