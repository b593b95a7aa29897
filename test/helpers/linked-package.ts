import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from './root';

export const PACKAGE = '@edge-inspect/node-red-inspection';

/**
 * Makes a folder a Node-RED user folder in which this clone is installed by a link: much faster than packing it, and with
 * its locales and examples, which `nodesDir` would leave out.
 *
 * @param others more packages, out of the clone's own node_modules
 */
export function linkPackage(userDir: string, others: string[] = []): void {
  const modules = join(userDir, 'node_modules');
  for (const name of [PACKAGE, ...others]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(name === PACKAGE ? ROOT : join(ROOT, 'node_modules', name), join(modules, name));
  }
  const dependencies = Object.fromEntries([PACKAGE, ...others].map((name) => [name, '*']));
  writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'project', private: true, dependencies }));
}
