import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './root';

export interface NodeRedVersion {
  name: string;
  node: string;
  redJs: string;
}

/** Node-RED 4.1 of the clone's own devDependencies on the Node.js that runs the tests. */
export const NODE_RED_4: NodeRedVersion = {
  name: `Node-RED 4.1 on Node.js ${process.versions.node}`,
  node: process.execPath,
  redJs: join(ROOT, 'node_modules', 'node-red', 'red.js'),
};

/** Node-RED 5 on Node.js 22, installed beside the clone's own on first use. */
export function nodeRed5(): NodeRedVersion {
  const folder = join(ROOT, 'test', 'e2e', 'node-red-5');
  const redJs = join(folder, 'node_modules', 'node-red', 'red.js');
  if (!existsSync(redJs)) {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'ignore' });
  }
  return {
    name: 'Node-RED 5 on Node.js 22',
    node: join(folder, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'),
    redJs,
  };
}
