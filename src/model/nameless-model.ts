import { createHash } from 'node:crypto';
import { close, constants, createReadStream, fchmod, open } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expected, InspectionError, messageOf } from '../contract/errors';
import { createRuntimeSession, type RuntimeOptions } from './runtime';

const [openFile, changeMode, closeFile] = [promisify(open), promisify(fchmod), promisify(close)];

/**
 * A verified model in a file of its own that the runtime maps into memory instead of reading it. The file has no name: it is
 * reached by its descriptor alone, which every thread of this process has, may only be read, and is gone with the process.
 * So nobody else can open or replace it, and it is hashed through the very descriptor that is mapped.
 */
export interface NamelessModel {
  /** A path that leads to the descriptor, for the runtime; valid in this process. */
  path: string;
  fd: number;
  /** Of the content when it was written. */
  sha256: string;
}

/** How a session is to be opened on it. */
export const MAPPED: RuntimeOptions = {
  config: {
    'session.load_model_format': 'ORT',
    'session.use_memory_mapped_ort_model': '1',
    // weights stay where they are, else they are copied out of the map
    'session.use_ort_model_bytes_for_initializers': '1',
  },
};

const pathOf = (fd: number): string => `/proc/self/fd/${fd}`;

/**
 * Writes a model as this runtime has it in memory on this processor (the only format that the runtime maps): optimized, not
 * to be used by another version or machine, which nobody could.
 *
 * @param bytes the verified ONNX model
 * @param kernels options that decide what the runtime calculates with
 * @throws InspectionError MODEL_INVALID, IO_FAILED when there is no room for the file; BAD_ARGUMENT not on Linux
 */
export async function writeNamelessModel(bytes: Uint8Array, kernels: RuntimeOptions): Promise<NamelessModel> {
  if (process.platform !== 'linux') throw expected('Linux', 'memory-mapped loading', process.platform);
  const writable = await openNameless();
  let fd: number | undefined;
  try {
    const session = await createRuntimeSession(bytes, {
      ...kernels,
      saveOptimizedTo: pathOf(writable),
      config: { ...kernels.config, 'session.save_model_format': 'ORT' },
    });
    await session.release();
    fd = await openFile(pathOf(writable), 'r');
    await changeMode(fd, constants.S_IRUSR);
    return { path: pathOf(fd), fd, sha256: await sha256Of(fd) };
  } catch (error) {
    if (fd !== undefined) await closeFile(fd);
    throw error;
  } finally {
    await closeFile(writable);
  }
}

/**
 * To be called when every session is open: what is mapped is what was written. The descriptor is closed, the maps stay.
 *
 * @throws InspectionError MODEL_INVALID
 */
export async function sealNamelessModel({ fd, sha256 }: NamelessModel): Promise<void> {
  try {
    const found = await sha256Of(fd);
    if (found !== sha256) {
      throw new InspectionError(
        'MODEL_INVALID',
        `Expected the sha256 ${sha256} of the mapped model but it has ${found}: it was changed while it was loaded`,
      );
    }
  } finally {
    await closeFile(fd);
  }
}

async function openNameless(): Promise<number> {
  try {
    const folder = await mkdtemp(join(tmpdir(), 'edge-inspect-'));
    try {
      return await openFile(join(folder, 'model.ort'), 'wx+', constants.S_IRUSR | constants.S_IWUSR);
    } finally {
      await rm(folder, { recursive: true });
    }
  } catch (error) {
    throw new InspectionError('IO_FAILED', `The model could not be written to be mapped: ${messageOf(error)}`);
  }
}

async function sha256Of(fd: number): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream('', { fd, start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
