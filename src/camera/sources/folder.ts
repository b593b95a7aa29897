import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname, join, sep } from 'node:path';
import { InspectionError } from '../../contract/errors';
import { polledSource } from './polled';
import { sniff } from '../../kit/sniff';
import type { FrameSource, Picture, SourceListener } from './source';
import { pause, throwIfAborted } from '../../kit/wait';
import { steadyNowMs } from '../../kit/clock';

export interface FolderOptions {
  /** Folder of pictures; absolute or relative to the working directory. */
  path: string;
  /** Begin again after the last picture. */
  loop: boolean;
  /** Larger files are refused, bytes. */
  maxBytes: number;
}

/** What the decoder of the detector reads. */
const EXTENSIONS: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.gif', '.bmp']);

/** How often a folder whose pictures are used up is looked at again, ms. */
const RESCAN_MS = 250;

/** `part2.jpg` before `part10.jpg`, the same on every machine. */
const NATURAL = new Intl.Collator('en', { numeric: true });

export function naturalOrder(a: string, b: string): number {
  return NATURAL.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

function unavailable(sentence: string, cause?: unknown): InspectionError {
  return new InspectionError('SOURCE_UNAVAILABLE', sentence, { cause });
}

/** Reads a regular file inside the folder; links that lead out of it, pipes and devices are refused. */
async function readPicture(folder: string, name: string, maxBytes: number): Promise<Picture> {
  const real = await realpath(join(folder, name));
  if (!real.startsWith(folder + sep)) {
    throw new InspectionError('BAD_IMAGE', `Expected a picture inside the folder but "${name}" is a link out of it`);
  }
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new InspectionError('BAD_IMAGE', `Expected a file but "${name}" is something else`);
    if (info.size > maxBytes) {
      throw new InspectionError(
        'BAD_IMAGE',
        `Expected at most ${maxBytes} bytes for ${name} but received ${info.size} bytes`,
      );
    }
    const capturedAtMs = steadyNowMs();
    const bytes = await file.readFile();
    const { format, width, height } = sniff(bytes);
    if (format === 'unknown') {
      throw new InspectionError('BAD_IMAGE', `Expected a picture but "${name}" (${bytes.length} bytes) is none`);
    }
    return { bytes, format, width, height, capturedAtMs };
  } finally {
    await file.close();
  }
}

async function listPictures(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && EXTENSIONS.has(extname(entry.name).toLowerCase()))
    .map((entry) => entry.name)
    .sort(naturalOrder);
}

/** The pictures of a folder in natural order, once or looping; pictures added later are picked up. */
export function folderSource(options: FolderOptions, listener: SourceListener): FrameSource {
  const { path, loop, maxBytes } = options;
  /** Names still to come in this round. */
  let round: string[] = [];
  /** Names given in earlier rounds; forgotten once their files are gone. */
  let given = new Set<string>();
  let firstRound = true;
  /** Sizes at the last look: a file that still grows is being written. */
  let sizes = new Map<string, number>();

  async function resolveFolder(): Promise<string> {
    const real = await realpath(path).catch((error: unknown) => {
      throw unavailable(`Expected a folder for path but "${path}" is not there: create it or correct path`, error);
    });
    if (!(await stat(real)).isDirectory()) {
      throw unavailable(`Expected a folder for path but "${path}" is a file: give the folder that holds it`);
    }
    return real;
  }

  /** Of the files that came after the first round, those whose size has settled. */
  async function settled(folder: string, names: string[]): Promise<string[]> {
    const before = sizes;
    sizes = new Map();
    const ready: string[] = [];
    for (const name of names) {
      const size = (await stat(join(folder, name)).catch(() => undefined))?.size;
      if (size === undefined) continue;
      sizes.set(name, size);
      if (size > 0 && before.get(name) === size) ready.push(name);
    }
    return ready;
  }

  async function nextRound(folder: string): Promise<string[]> {
    const names = await listPictures(folder).catch((error: unknown) => {
      throw unavailable(`The folder "${path}" cannot be read: check that the user this runs as may list it`, error);
    });
    const present = new Set(names);
    given = new Set([...given].filter((name) => present.has(name)));
    const fresh = names.filter((name) => !given.has(name));
    const isFirst = firstRound;
    firstRound = false;
    if (names.length === 0) {
      throw unavailable(`Expected at least one picture (${[...EXTENSIONS].join(' ')}) in "${path}" but it has none`);
    }
    if (isFirst) return names;
    const ready = fresh.length > 0 ? await settled(folder, fresh) : [];
    if (!loop) return ready;
    const unready = new Set(fresh.filter((name) => !ready.includes(name)));
    return names.filter((name) => !unready.has(name));
  }

  async function grab(signal: AbortSignal, waiting: () => void): Promise<Picture> {
    for (;;) {
      throwIfAborted(signal);
      const folder = await resolveFolder();
      if (round.length === 0) round = await nextRound(folder);
      const name = round.shift();
      if (name === undefined) {
        waiting();
        await pause(RESCAN_MS, signal);
        continue;
      }
      given.add(name);
      try {
        return await readPicture(folder, name, maxBytes);
      } catch (error) {
        // removed since it was listed: the folder's business, not a fault
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        if (error instanceof InspectionError) throw error;
        throw new InspectionError('BAD_IMAGE', `"${name}" cannot be read: check its access rights`, { cause: error });
      }
    }
  }

  return polledSource({ label: basename(path) || path, grab, listener, backOff: { firstMs: RESCAN_MS, maxMs: 2_000 } });
}
