import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readRegularFile } from '../../src/kit/read-file';

describe('readRegularFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'read-file-'));
  const file = join(folder, 'file');
  writeFileSync(file, 'twelve bytes');
  after(() => rmSync(folder, { recursive: true }));

  const refused = (path: string, received: RegExp, limits = { maxBytes: 100 }) =>
    assert.rejects(readRegularFile(path, 'the manifest', limits), {
      code: 'MODEL_INVALID',
      message: new RegExp(`^Expected a .*file.* for the manifest but received "?${received.source}`),
    });

  it('reads a file up to the limit', async () => {
    assert.equal((await readRegularFile(file, 'it', { maxBytes: 12 })).toString(), 'twelve bytes');
    await refused(file, /12/, { maxBytes: 11 });
  });

  it('refuses a pipe that nobody writes to, instead of waiting for ever', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await refused(pipe, /a pipe/);
  });

  it('refuses endless devices, folders and sockets', async () => {
    await refused('/dev/zero', /a device/);
    await refused(folder, /a folder/);
    const server = createServer().listen(join(folder, 'socket'));
    await new Promise((resolve) => server.once('listening', resolve));
    await refused(join(folder, 'socket'), /a socket/);
    server.close();
  });

  it('follows a link only where it may', async () => {
    const link = join(folder, 'link');
    symlinkSync(file, link);
    await refused(link, /"?a link/);
    assert.equal((await readRegularFile(link, 'it', { maxBytes: 100, mayBeLink: true })).byteLength, 12);
    const endless = join(folder, 'endless');
    symlinkSync('/dev/zero', endless);
    await assert.rejects(readRegularFile(endless, 'it', { maxBytes: 100, mayBeLink: true }), { code: 'MODEL_INVALID' });
  });

  it('passes on what the file system says', async () => {
    await assert.rejects(readRegularFile(join(folder, 'none'), 'it', { maxBytes: 1 }), { code: 'ENOENT' });
  });
});
