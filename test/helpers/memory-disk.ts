import type { Disk, DiskFile, DiskStat } from '../../src/kit/disk';

interface FileNode {
  kind: 'file';
  data: Buffer;
  synced: Buffer;
}
interface FolderNode {
  kind: 'folder';
  entries: Map<string, DiskNode>;
  synced: Map<string, DiskNode>;
}
type DiskNode = FileNode | FolderNode;

/**
 * What a power cut may leave of bytes and names that were not synced. A file system may keep any of them; these are the
 * extremes (after Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
 */
export const POWER_CUTS = ['nothing', 'everything', 'names', 'bytes', 'torn'] as const;
export type PowerCut = (typeof POWER_CUTS)[number];

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const folderNode = (): FolderNode => ({ kind: 'folder', entries: new Map(), synced: new Map() });

/** A disk in memory that tells synced from unsynced, so that the power can be cut. Paths are absolute. */
export class MemoryDisk implements Disk {
  #root = folderNode();

  #walk(path: string): DiskNode | undefined {
    let node: DiskNode | undefined = this.#root;
    for (const name of path.split('/').filter(Boolean)) {
      node = node?.kind === 'folder' ? node.entries.get(name) : undefined;
    }
    return node;
  }

  #folderOf(path: string): { folder: FolderNode; name: string } {
    const parts = path.split('/').filter(Boolean);
    const name = parts.pop() ?? '';
    const folder = this.#walk(parts.join('/'));
    if (folder?.kind !== 'folder') throw failure('ENOENT');
    return { folder, name };
  }

  #find(path: string): DiskNode {
    const node = this.#walk(path);
    if (node === undefined) throw failure('ENOENT');
    return node;
  }

  async open(path: string, flags: 'r' | 'w' | 'wx' | 'a'): Promise<DiskFile> {
    const { folder, name } = this.#folderOf(path);
    let node = folder.entries.get(name);
    if (flags === 'r' && node === undefined) throw failure('ENOENT');
    if (flags === 'wx' && node !== undefined) throw failure('EEXIST');
    if (flags !== 'r' && node?.kind === 'folder') throw failure('EISDIR');
    if (node === undefined) {
      node = { kind: 'file', data: Buffer.alloc(0), synced: Buffer.alloc(0) };
      folder.entries.set(name, node);
    }
    if (flags === 'w' && node.kind === 'file') node.data = Buffer.alloc(0);
    return openNode(node);
  }

  async mkdir(path: string): Promise<void> {
    const { folder, name } = this.#folderOf(path);
    if (folder.entries.has(name)) throw failure('EEXIST');
    folder.entries.set(name, folderNode());
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#find(from);
    const target = this.#folderOf(to);
    const existing = target.folder.entries.get(target.name);
    if (existing?.kind === 'folder' && existing.entries.size > 0) throw failure('ENOTEMPTY');
    const source = this.#folderOf(from);
    source.folder.entries.delete(source.name);
    target.folder.entries.set(target.name, node);
  }

  async unlink(path: string): Promise<void> {
    if (this.#find(path).kind === 'folder') throw failure('EISDIR');
    const { folder, name } = this.#folderOf(path);
    folder.entries.delete(name);
  }

  async rmdir(path: string): Promise<void> {
    const node = this.#find(path);
    if (node.kind !== 'folder') throw failure('ENOTDIR');
    if (node.entries.size > 0) throw failure('ENOTEMPTY');
    const { folder, name } = this.#folderOf(path);
    folder.entries.delete(name);
  }

  async readdir(path: string): Promise<string[]> {
    const node = this.#find(path);
    if (node.kind !== 'folder') throw failure('ENOTDIR');
    return [...node.entries.keys()];
  }

  async lstat(path: string): Promise<DiskStat> {
    const node = this.#find(path);
    const size = node.kind === 'file' ? node.data.length : 0;
    return { size, mtimeMs: 0, isFile: () => node.kind === 'file', isDirectory: () => node.kind === 'folder' };
  }

  /** Everything so far is safe: the state before the operation under test. */
  syncAll(): void {
    const visit = (node: DiskNode): void => {
      if (node.kind === 'file') node.synced = Buffer.from(node.data);
      else {
        for (const child of node.entries.values()) visit(child);
        node.synced = new Map(node.entries);
      }
    };
    visit(this.#root);
  }

  /** The disk as it is found after the power came back. */
  afterPowerCut(cut: PowerCut): MemoryDisk {
    const keepNames = cut === 'everything' || cut === 'names' || cut === 'torn';
    const bytesOf = (node: FileNode): Buffer => {
      if (cut === 'everything' || cut === 'bytes') return node.data;
      if (cut !== 'torn' || node.data.equals(node.synced)) return node.synced;
      return node.data.subarray(0, Math.floor((node.synced.length + node.data.length) / 2));
    };
    const copy = (node: DiskNode): DiskNode => {
      if (node.kind === 'file') {
        const bytes = Buffer.from(bytesOf(node));
        return { kind: 'file', data: bytes, synced: bytes };
      }
      const entries = new Map<string, DiskNode>();
      for (const [name, child] of keepNames ? node.entries : node.synced) entries.set(name, copy(child));
      return { kind: 'folder', entries, synced: new Map(entries) };
    };
    const disk = new MemoryDisk();
    disk.#root = copy(this.#root) as FolderNode;
    return disk;
  }
}

function openNode(node: DiskNode): DiskFile {
  let position = 0;
  return {
    async read(buffer, offset, length) {
      if (node.kind !== 'file') throw failure('EISDIR');
      const piece = node.data.subarray(position, position + length);
      buffer.set(piece, offset);
      position += piece.length;
      return { bytesRead: piece.length };
    },
    async write(data, offset, length) {
      if (node.kind !== 'file') throw failure('EISDIR');
      node.data = Buffer.concat([node.data, data.subarray(offset, offset + length)]);
      return { bytesWritten: length };
    },
    async sync() {
      if (node.kind === 'file') node.synced = Buffer.from(node.data);
      else node.synced = new Map(node.entries);
    },
    async close() {},
  };
}
