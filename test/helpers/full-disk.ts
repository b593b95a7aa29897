import { open } from 'node:fs/promises';
import type { AppendHandle } from '../../src/kit/durable-file';
import { nodeDisk, type Disk } from '../../src/kit/disk';

const noSpace = (): Error => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });

/** A disk with so many bytes of room, over the real one: what does not fit is written up to there, then refused. */
export class FullDisk {
  constructor(public roomBytes: number) {}

  #take(bytes: number): number {
    const taken = Math.min(this.roomBytes, bytes);
    this.roomBytes -= taken;
    return taken;
  }

  readonly disk: Disk = {
    ...nodeDisk,
    open: async (path, flags, mode) => {
      const file = await nodeDisk.open(path, flags, mode);
      return {
        read: (...received) => file.read(...received),
        sync: () => file.sync(),
        close: () => file.close(),
        write: async (data, offset, length, position) => {
          const bytes = this.#take(length);
          if (bytes === 0) throw noSpace();
          return file.write(data, offset, bytes, position);
        },
      };
    },
  };

  /** For AppendFile. */
  readonly open = async (path: string): Promise<AppendHandle> => {
    const file = await open(path, 'a');
    return {
      truncate: (bytes) => file.truncate(bytes),
      datasync: () => file.datasync(),
      close: () => file.close(),
      appendFile: async (text) => {
        const bytes = Buffer.from(text as string);
        const taken = this.#take(bytes.length);
        await file.appendFile(bytes.subarray(0, taken));
        if (taken < bytes.length) throw noSpace();
      },
    };
  };
}
