import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './root';

/** What a user gets: `npm pack` of this clone, installed into an empty Node-RED user folder. */
export interface InstalledPackage {
  userDir: string;
  /** Where the package lies inside it. */
  packageDir: string;
  remove: () => void;
}

function npm(args: string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Packs the clone; the build is the test command's. @returns the path of the tarball */
export function packTarball(folder: string): string {
  npm(['pack', '--ignore-scripts', '--pack-destination', folder], ROOT);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) as string);
}

export function installPackage(): InstalledPackage {
  const userDir = mkdtempSync(join(tmpdir(), 'node-red-user-'));
  const tarball = packTarball(userDir);
  writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'node-red-project', private: true }));
  // As the palette manager installs it, install scripts and all.
  npm(
    ['install', '--ignore-scripts=false', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline', tarball],
    userDir,
  );
  return {
    userDir,
    packageDir: join(userDir, 'node_modules', '@edge-inspect', 'node-red-inspection'),
    remove: () => rmSync(userDir, { recursive: true, force: true }),
  };
}
