import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { expected, InspectionError, messageOf } from '../contract/errors';

/** What a model folder holds; a folder with anything else in it is not replaced. */
const MODEL_FILES: ReadonlySet<string> = new Set([
  'model.onnx',
  'manifest.json',
  'class_names.txt',
  'certificate.html',
  'self-test.json',
  'self-test.png',
  'README.md',
]);

/**
 * A model folder in the making, beside the place where it will be: published by one rename, or not at all. Whatever
 * happens before, nobody sees half a model.
 */
export class PendingFolder {
  private constructor(
    /** Write the files here. */
    readonly path: string,
    private readonly out: string,
  ) {}

  /**
   * @param out the model folder to be; an older model folder there is replaced on publishing
   * @throws InspectionError BAD_ARGUMENT when something else is there, IO_FAILED when nothing can be written
   */
  static async create(out: string): Promise<PendingFolder> {
    const target = resolve(out);
    await assertReplaceable(target, out);
    try {
      await mkdir(dirname(target), { recursive: true });
      await removeLeftOvers(target);
      const path = await mkdtemp(join(dirname(target), `.${basename(target)}.partial-${process.pid}-`));
      // temporary folders are private; a model is for whoever runs the line
      await chmod(path, 0o755);
      return new PendingFolder(path, target);
    } catch (error) {
      throw ioError(out, error);
    }
  }

  /** Moves the folder to its place. @throws InspectionError IO_FAILED */
  async publish(): Promise<void> {
    const old = `${this.path}.old`;
    try {
      const replaces = await rename(this.out, old).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return false;
          throw error;
        },
      );
      try {
        await rename(this.path, this.out);
      } catch (error) {
        if (replaces) await rename(old, this.out);
        throw error;
      }
      await rm(old, { recursive: true, force: true });
    } catch (error) {
      throw ioError(this.out, error);
    }
  }

  /** Removes the folder if it was not published. */
  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

/** A folder in the making without a process id, as earlier versions named them, is left over when it is this old, ms. */
const LEFT_OVER_MS = 24 * 3_600_000;

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what processes left that were ended while they made this model folder, by SIGKILL or a power cut. */
async function removeLeftOvers(target: string): Promise<void> {
  const prefix = `.${basename(target)}.partial-`;
  for (const name of await readdir(dirname(target))) {
    if (!name.startsWith(prefix)) continue;
    const path = join(dirname(target), name);
    const pid = Number(/^(\d+)-/.exec(name.slice(prefix.length))?.[1] ?? 0);
    // gone meanwhile: somebody else has removed it
    const ageMs = await stat(path).then(
      ({ mtimeMs }) => Math.abs(Date.now() - mtimeMs),
      () => 0,
    );
    const isLeft = pid > 0 ? pid !== process.pid && !isRunning(pid) : ageMs > LEFT_OVER_MS;
    // a model that was being replaced is never removed: it may be the only one
    if (isLeft && !name.endsWith('.old')) await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** One sentence for a disk that is full, read-only or not ours. */
export function ioError(path: string, error: unknown): InspectionError {
  if (error instanceof InspectionError) return error;
  return new InspectionError('IO_FAILED', `The model folder ${path} could not be written: ${messageOf(error)}`, {
    cause: error,
  });
}

async function assertReplaceable(target: string, out: string): Promise<void> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isDirectory()) throw expected('a folder that is new or holds a model', 'out', `the file ${out}`);
  const strangers = (await readdir(target)).filter((name) => !MODEL_FILES.has(name));
  if (strangers.length > 0) {
    throw expected(
      'a folder that is new or holds nothing but a model',
      'out',
      `${out} with ${strangers.slice(0, 3).join(', ')}`,
    );
  }
}
