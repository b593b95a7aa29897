import type { Disk, DiskFile } from '../../src/kit/disk';

/** One call to the disk, as the table of steps shows it: `write slot-b/model.onnx`. */
export interface DiskCall {
  name: string;
  path: string;
  /** Whether the call needs space, or a disk that can be written. */
  changes: boolean;
}

/** Called before every call; it may throw, kill the process, or note the call. */
export type BeforeCall = (call: DiskCall, index: number) => void;

/** A disk on which something can happen between any two calls. */
export function watchedDisk(disk: Disk, before: BeforeCall): Disk {
  let index = 0;
  const see = (name: string, path: string, changes: boolean) => before({ name, path, changes }, index++);
  const watchFile = (file: DiskFile, path: string): DiskFile => ({
    read: async (...received) => {
      see('read', path, false);
      return file.read(...received);
    },
    write: async (...received) => {
      see('write', path, true);
      return file.write(...received);
    },
    sync: async () => {
      see('fsync', path, true);
      return file.sync();
    },
    close: async () => {
      // Closing fails for nobody, and a dead process closes nothing: the file is closed either way.
      await file.close();
      see('close', path, false);
    },
  });
  return {
    open: async (path, flags) => {
      see(`open ${flags}`, path, flags !== 'r');
      return watchFile(await disk.open(path, flags), path);
    },
    mkdir: async (path) => {
      see('mkdir', path, true);
      return disk.mkdir(path);
    },
    rename: async (from, to) => {
      see('rename', to, true);
      return disk.rename(from, to);
    },
    unlink: async (path) => {
      see('unlink', path, true);
      return disk.unlink(path);
    },
    rmdir: async (path) => {
      see('rmdir', path, true);
      return disk.rmdir(path);
    },
    readdir: async (path) => {
      see('readdir', path, false);
      return disk.readdir(path);
    },
    lstat: async (path) => {
      see('lstat', path, false);
      return disk.lstat(path);
    },
  };
}

/** The process is gone from call `step` on: nothing that it would still do happens. */
export class Gone extends Error {}

export const crashAt =
  (step: number): BeforeCall =>
  (_call, index) => {
    if (index >= step) throw new Gone('the process is gone');
  };

function errno(code: string): Error {
  return Object.assign(new Error(`${code}: simulated`), { code });
}

/** From call `step` on nothing more can be written; removing and renaming still work. */
export const diskFullAt =
  (step: number): BeforeCall =>
  ({ name, changes }, index) => {
    if (index >= step && changes && !/^(unlink|rmdir|rename|fsync)/.test(name)) throw errno('ENOSPC');
  };

/** From call `step` on the file system is read-only, as Linux makes it after an error of the card. */
export const readOnlyAt =
  (step: number): BeforeCall =>
  ({ changes }, index) => {
    if (index >= step && changes) throw errno('EROFS');
  };
