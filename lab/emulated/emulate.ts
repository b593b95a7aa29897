import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { prepareArm64 } from './arm64';
import { MACHINES, cpuinfoOf, type Machine, type MachineName } from './machines';

/** Where what emulation needs is kept between runs. */
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'edge-inspect-node-red');

function pathOf(program: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return join(folder, program);
    } catch {
      // not in this folder
    }
  }
  throw new Error(`Expected ${program} on the PATH but it is not there: sudo apt-get install qemu-user`);
}

/** Replaces a file only when it must change, in one step: another run may be reading it. */
function put(file: string, text: string, mode = 0o644): void {
  try {
    if (readFileSync(file, 'utf8') === text) return;
  } catch {
    // not there yet
  }
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, text);
  chmodSync(temporary, mode);
  renameSync(temporary, file);
}

/** What the runtime asks Linux about its processors beside /proc/cpuinfo. */
function putProcessors(root: string, machine: Machine): void {
  put(join(root, 'proc', 'cpuinfo'), cpuinfoOf(machine));
  const folder = join(root, 'sys', 'devices', 'system', 'cpu');
  const all = `0-${machine.cores - 1}\n`;
  for (const [name, text] of [
    ['kernel_max', `${machine.cores - 1}\n`],
    ['possible', all],
    ['present', all],
  ] as const) {
    put(join(folder, name), text);
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/**
 * Makes a program that is Node.js on another machine: the same arguments as `node`, and whatever it starts by
 * `process.execPath` (detector processes, test files) runs on that machine, too.
 *
 * @returns the program's path
 * @throws Error with one sentence about what is missing on this machine
 */
export function emulatedNode(name: MachineName): string {
  const machine: Machine = MACHINES[name];
  const folder = join(CACHE, name);
  const root = join(folder, 'root');
  putProcessors(root, machine);
  const { node, nodePath } =
    machine.qemu === 'qemu-aarch64' ? prepareArm64(CACHE, root) : { node: process.execPath, nodePath: undefined };
  const program = join(folder, 'node');
  const preload = join(folder, 'exec-path.cjs');
  put(preload, `process.execPath = ${JSON.stringify(program)};\n`);
  const command = [pathOf(machine.qemu), '-cpu', machine.cpu, '-L', root, node, '--require', preload];
  put(
    program,
    [
      '#!/bin/sh',
      ...(nodePath === undefined ? [] : [`export NODE_PATH=${quoted(nodePath)}`]),
      `exec ${command.map(quoted).join(' ')} "$@"`,
      '',
    ].join('\n'),
    0o755,
  );
  const tried = spawnSync(program, ['-p', 'process.arch'], { encoding: 'utf8' });
  if (tried.status !== 0) {
    throw new Error(
      `Expected Node.js to run as ${name} (${program}) but it ended with ${tried.status}: ${tried.stderr}`,
    );
  }
  return program;
}
