import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, statSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';

/** One entry of a tree: what makes it different from another. */
function entryText(root: string, path: string, entry: Dirent): string {
  const name = relative(root, path);
  if (entry.isSymbolicLink()) return `link ${name} ${readlinkSync(path)}`;
  const executable = (statSync(path).mode & 0o111) === 0 ? '-' : 'x';
  return `file ${name} ${executable} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
}

/** SHA-256 of names, contents and executable bits of everything below folders of a root, whatever its order on disk. */
export function contentHash(root: string, entries: readonly string[] = ['.']): string {
  const texts: string[] = [];
  for (const start of entries) {
    const path = join(root, start);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) continue;
    if (!stat.isDirectory()) {
      texts.push(`file ${start} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`);
      continue;
    }
    for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
      if (entry.isDirectory()) continue;
      texts.push(entryText(root, join(entry.parentPath ?? entry.path, entry.name), entry));
    }
  }
  return createHash('sha256').update(texts.sort().join('\n')).digest('hex');
}
