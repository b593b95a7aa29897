import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { InspectionError } from '../../contract/errors';
import { nodeDisk, replaceFile } from '../../kit/disk';
import { STATE_FOLDER } from '../scripts';
import type { Job, Look } from './protocol';
import { DeployState } from './state';

/** What was there before. */
interface Before {
  /** Where the link in node_modules led; null: there was none. */
  link: string | null;
  /** A folder that the palette manager had installed, moved aside. */
  hadFolder: boolean;
  /** package.json byte for byte; null: there was none. */
  packageJson: string | null;
  madeFolders: string[];
}

const placesOf = ({ userDir, release, packageName }: Job) => {
  const link = join(userDir, 'node_modules', packageName);
  const target = join(userDir, STATE_FOLDER, 'releases', release, 'node_modules', packageName);
  return {
    link,
    target,
    leadsTo: relative(dirname(link), target),
    packageJson: join(userDir, 'package.json'),
    aside: join(userDir, STATE_FOLDER, 'deploy', 'replaced'),
    spec: `file:${relative(userDir, target)}`,
  };
};

const linkAt = (path: string): string | null => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(path) : null;
};

const textAt = (path: string): string | null => (existsSync(path) ? readFileSync(path, 'utf8') : null);

interface PackageJson {
  dependencies?: Record<string, string>;
}

function parsed(text: string, path: string): PackageJson {
  try {
    return JSON.parse(text) as PackageJson;
  } catch {
    throw new InspectionError(
      'IO_FAILED',
      `Expected JSON for ${path} but received something else: npm cannot use it either`,
    );
  }
}

/** As npm writes it: with the indentation that it has, and sorted names. */
export function withDependency(
  text: string | null,
  name: string,
  spec: string | undefined,
  path = 'package.json',
): string {
  const document = parsed(
    text ?? '{"name":"node-red-project","description":"A Node-RED Project","version":"0.0.1","private":true}',
    path,
  );
  const others = Object.entries(document.dependencies ?? {}).filter(([each]) => each !== name);
  if (spec !== undefined) others.push([name, spec]);
  const dependencies = Object.fromEntries(others.sort(([a], [b]) => a.localeCompare(b, 'en')));
  const indent = /^[ \t]+(?=")/m.exec(text ?? '')?.[0] ?? '    ';
  return `${JSON.stringify({ ...document, dependencies }, null, indent)}${text === null || text.endsWith('\n') ? '\n' : ''}`;
}

/**
 * The package in the user folder as npm itself has packages of a folder: a link in node_modules, and `file:…` among the
 * dependencies. So npm and the palette manager leave it where it is, and another release takes over by one rename.
 */
export const packageOperations = {
  look(job: Job): Look {
    const { link, leadsTo, packageJson, spec } = placesOf(job);
    const text = textAt(packageJson);
    const isDone =
      linkAt(link) === leadsTo && text !== null && parsed(text, packageJson).dependencies?.[job.packageName] === spec;
    return {
      isDone,
      says: isDone ? `release ${job.release} is installed` : `release ${job.release} will be installed`,
    };
  },

  async do(job: Job): Promise<string> {
    const state = new DeployState(job);
    const { link, leadsTo, target, packageJson, aside, spec } = placesOf(job);
    if (!existsSync(join(target, 'package.json')))
      throw new InspectionError('IO_FAILED', `The release ${job.release} is not there`);
    parsed(textAt(packageJson) ?? '{}', packageJson);
    await state.keepBefore('package', (): Before => {
      const stat = lstatSync(link, { throwIfNoEntry: false });
      const folders = [join(job.userDir, 'node_modules'), dirname(link)];
      return {
        link: linkAt(link),
        hadFolder: stat?.isDirectory() === true,
        packageJson: textAt(packageJson),
        madeFolders: folders.filter((folder) => !existsSync(folder)),
      };
    });
    mkdirSync(dirname(link), { recursive: true });
    if (lstatSync(link, { throwIfNoEntry: false })?.isDirectory()) renameSync(link, aside);
    placeLink(link, leadsTo);
    const wanted = withDependency(textAt(packageJson), job.packageName, spec, packageJson);
    if (wanted !== textAt(packageJson)) await replaceFile(nodeDisk, packageJson, Buffer.from(wanted));
    return `release ${job.release} installed`;
  },

  async undo(job: Job): Promise<string | undefined> {
    const state = new DeployState(job);
    const before = state.before<Before>('package');
    if (before === undefined) return undefined;
    const { link, packageJson, aside, spec } = placesOf(job);
    if (before.link !== null) placeLink(link, before.link);
    else if (linkAt(link) !== null) rmSync(link);
    if (before.hadFolder && existsSync(aside)) renameSync(aside, link);
    const now = textAt(packageJson);
    if (before.packageJson === null) {
      if (now === withDependency(null, job.packageName, spec)) rmSync(packageJson);
    } else if (now !== before.packageJson) {
      // only what was written here is taken back: somebody may have installed something else meanwhile
      const isOurs = now === withDependency(before.packageJson, job.packageName, spec);
      const former = parsed(before.packageJson, packageJson).dependencies?.[job.packageName];
      const text = isOurs ? before.packageJson : withDependency(now, job.packageName, former);
      await replaceFile(nodeDisk, packageJson, Buffer.from(text));
    }
    for (const folder of before.madeFolders.reverse()) {
      if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
    }
    state.forget('package');
    return 'the former package is back';
  },
};

/** Replaces a link by one rename. */
function placeLink(path: string, leadsTo: string): void {
  if (linkAt(path) === leadsTo) return;
  const next = `${path}.next`;
  rmSync(next, { force: true });
  symlinkSync(leadsTo, next);
  renameSync(next, path);
}

/** Releases that neither the link nor the last one before it uses. @param keep names */
export function removeOldReleases(job: Job, keep: readonly string[]): void {
  const folder = join(job.userDir, STATE_FOLDER, 'releases');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (!keep.includes(name)) rmSync(join(folder, name), { recursive: true, force: true });
}

/** The release that a link leads to. */
export function releaseOf(link: string | null): string | undefined {
  return link === null ? undefined : /\/releases\/([0-9a-f]+)\//.exec(link)?.[1];
}

/** The release before the one that is being installed. */
export function formerRelease(job: Job): string | undefined {
  return releaseOf(new DeployState(job).before<Before>('package')?.link ?? null);
}
