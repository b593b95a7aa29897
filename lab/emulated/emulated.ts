// `npm run lab -- emulated MACHINE SCRIPT [ARGS]`: runs a Node.js script as on another processor. Without arguments: which.
import { spawnSync } from 'node:child_process';
import { emulatedNode } from './emulate';
import { MACHINES, type MachineName } from './machines';

const [name, ...args] = process.argv.slice(2);
if (name === undefined) {
  for (const [machine, { standsFor }] of Object.entries(MACHINES)) console.log(`${machine.padEnd(14)}${standsFor}`);
} else if (!Object.hasOwn(MACHINES, name)) {
  console.error(`Expected one of ${Object.keys(MACHINES).join(', ')} for the machine but received "${name}"`);
  process.exitCode = 2;
} else {
  process.exitCode = spawnSync(emulatedNode(name as MachineName), args, { stdio: 'inherit' }).status ?? 1;
}
