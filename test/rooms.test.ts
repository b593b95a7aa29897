import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { ROOT } from './helpers/root';

const SRC = join(ROOT, 'src');

/** Folder of each source file, and the folders of what it imports, relative to src. */
function importsByFolder(): Map<string, Set<string>> {
  const arrows = new Map<string, Set<string>>();
  const files = (readdirSync(SRC, { recursive: true }) as string[]).filter((name) => name.endsWith('.ts'));
  for (const file of files) {
    const folder = dirname(file);
    const into = arrows.get(folder) ?? new Set();
    arrows.set(folder, into);
    for (const { fileName } of ts.preProcessFile(readFileSync(join(SRC, file), 'utf8')).importedFiles) {
      if (!fileName.startsWith('.')) continue;
      // one that is loaded when needed has its ending
      const target = join(SRC, folder, fileName.replace(/\.js$/, ''));
      const found = [`${target}.ts`, join(target, 'index.ts'), target].find((path) => existsSync(path)) as string;
      into.add(relative(SRC, dirname(found)) || '.');
    }
  }
  return arrows;
}

/** The arrows between the folders directly inside `parent`, whatever depth the importing file is at. */
function arrowsInside(parent: string, all: Map<string, Set<string>>): Map<string, Set<string>> {
  const childOf = (folder: string): string | undefined => {
    const inside = parent === '.' ? folder : folder.startsWith(`${parent}/`) ? folder.slice(parent.length + 1) : '.';
    return inside === '.' ? undefined : inside.split('/')[0];
  };
  const arrows = new Map<string, Set<string>>();
  for (const [from, targets] of all) {
    const a = childOf(from);
    if (a === undefined) continue;
    for (const target of targets) {
      const b = childOf(target);
      if (b !== undefined && b !== a) arrows.set(a, (arrows.get(a) ?? new Set()).add(b));
    }
  }
  return arrows;
}

/** A way that leads back to where it began, or undefined. */
function circleIn(arrows: Map<string, Set<string>>): string[] | undefined {
  const done = new Set<string>();
  const walk = (at: string, way: string[]): string[] | undefined => {
    if (way.includes(at)) return [...way.slice(way.indexOf(at)), at];
    if (done.has(at)) return undefined;
    for (const next of arrows.get(at) ?? []) {
      const circle = walk(next, [...way, at]);
      if (circle) return circle;
    }
    done.add(at);
    return undefined;
  };
  for (const start of arrows.keys()) {
    const circle = walk(start, []);
    if (circle) return circle;
  }
  return undefined;
}

describe('the rooms of the house', () => {
  const all = importsByFolder();

  it('are reached without circles, at every depth', () => {
    for (const parent of ['.', ...all.keys()]) {
      assert.equal(circleIn(arrowsInside(parent, all))?.join(' -> '), undefined, `inside src/${parent}`);
    }
  });

  it('stand in the table of scripts/rooms.mjs, each naming only rooms above it', async () => {
    const { ROOMS } = (await import(join(ROOT, 'scripts', 'rooms.mjs'))) as { ROOMS: Record<string, string[]> };
    const rooms = readdirSync(SRC, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(Object.keys(ROOMS).sort(), rooms.map(({ name }) => name).sort());
    const above = new Set<string>();
    for (const [room, allowed] of Object.entries(ROOMS)) {
      for (const other of allowed) assert.ok(above.has(other), `${room} names ${other}, which stands below it`);
      above.add(room);
    }
  });
});
