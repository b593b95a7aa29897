import { promises } from 'node:fs';
import { dirname } from 'node:path';

/** An open file or folder: the part of node's FileHandle that is used here. */
export interface DiskFile {
  read(buffer: Uint8Array, offset: number, length: number, position: null): Promise<{ bytesRead: number }>;
  write(data: Uint8Array, offset: number, length: number, position: null): Promise<{ bytesWritten: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface DiskStat {
  size: number;
  mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

/**
 * Every file-system call that durable files and model slots make. It is a subset of `node:fs/promises`, small enough that a test can stand
 * in for it: cut the power between any two calls, lose what was not synced, run out of space.
 */
export interface Disk {
  /** @param mode permissions of a file that is made */
  open(path: string, flags: 'r' | 'w' | 'wx' | 'a', mode?: number): Promise<DiskFile>;
  mkdir(path: string): Promise<unknown>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  rmdir(path: string): Promise<void>;
  readdir(path: string): Promise<string[]>;
  lstat(path: string): Promise<DiskStat>;
}

export const nodeDisk: Disk = {
  open: (path, flags, mode) => promises.open(path, flags, mode),
  mkdir: (path) => promises.mkdir(path),
  rename: (from, to) => promises.rename(from, to),
  unlink: (path) => promises.unlink(path),
  rmdir: (path) => promises.rmdir(path),
  readdir: (path) => promises.readdir(path),
  lstat: (path) => promises.lstat(path),
};

/** Bytes read or written per call when a model is hashed or copied. */
const CHUNK_BYTES = 256 << 10;

/** The stat of a path without following links, or undefined where there is nothing. */
export async function statOf(disk: Disk, path: string): Promise<DiskStat | undefined> {
  try {
    return await disk.lstat(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Calls `use` with each piece of a file in turn; the piece is only valid during the call. */
export async function readPieces(
  disk: Disk,
  path: string,
  use: (piece: Uint8Array) => void | Promise<void>,
): Promise<void> {
  const file = await disk.open(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      await use(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

export async function readBytes(disk: Disk, path: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await readPieces(disk, path, (piece) => void pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces);
}

/** Writes all of a piece: write() may stop short. */
async function writeAll(file: DiskFile, piece: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < piece.length) {
    offset += (await file.write(piece, offset, piece.length - offset, null)).bytesWritten;
  }
}

/** Writes a file and syncs its bytes; the name is only safe after syncFolder() of its folder. */
export async function writeSynced(
  disk: Disk,
  path: string,
  data: Uint8Array,
  flags: 'w' | 'a' = 'w',
  mode?: number,
): Promise<void> {
  const file = await disk.open(path, flags, mode);
  try {
    await writeAll(file, data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Copies a file, syncs the copy, and calls `seen` with every piece as it was written. */
export async function copySynced(disk: Disk, from: string, to: string, seen: (piece: Uint8Array) => void) {
  const file = await disk.open(to, 'w');
  try {
    await readPieces(disk, from, async (piece) => {
      seen(piece);
      await writeAll(file, piece);
    });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** What file systems say that cannot sync a folder (some network and FUSE mounts): its files are synced all the same. */
const CANNOT_SYNC_FOLDERS = new Set(['EINVAL', 'ENOTSUP', 'EISDIR', 'EBADF']);

/** Makes renames and new names in a folder survive a power cut, where the file system can. */
export async function syncFolder(disk: Disk, path: string): Promise<void> {
  const folder = await disk.open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!CANNOT_SYNC_FOLDERS.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await folder.close();
  }
}

/** Replaces a file as a whole: after a crash at any point it holds the old bytes or the new ones. */
export async function replaceFile(disk: Disk, path: string, data: Uint8Array, mode?: number): Promise<void> {
  const next = `${path}.next`;
  await writeSynced(disk, next, data, 'w', mode);
  await disk.rename(next, path);
  await syncFolder(disk, dirname(path));
}

/** Removes a file or a whole folder; nothing there is fine. Links are removed, not followed. */
export async function removeTree(disk: Disk, path: string): Promise<void> {
  const stat = await statOf(disk, path);
  if (stat === undefined) return;
  if (!stat.isDirectory()) return disk.unlink(path);
  for (const name of await disk.readdir(path)) await removeTree(disk, `${path}/${name}`);
  await disk.rmdir(path);
}
