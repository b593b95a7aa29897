import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { InspectionError } from '../../src/contract/errors';
import { waitFor } from '../helpers/wait-for';
import type { LossKind, SourceListener, SourceState } from '../../src/camera/sources/source';

/** A JPEG of 64x48 grey pixels, made once by libjpeg; `mark` is put into a comment so that pictures differ. */
export function jpeg(mark = ''): Buffer {
  const comment = Buffer.from(mark, 'utf8');
  const segment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), comment]);
  segment.writeUInt16BE(comment.length + 2, 2);
  return Buffer.concat([GREY.subarray(0, 2), ...(mark === '' ? [] : [segment]), GREY.subarray(2)]);
}

/** The mark of a picture made by jpeg(). */
export function markOf(bytes: Buffer): string {
  if (bytes[2] !== 0xff || bytes[3] !== 0xfe) return '';
  return bytes.subarray(6, 4 + bytes.readUInt16BE(4)).toString('utf8');
}

const GREY = Buffer.from(
  '/9j/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/2wBDARESEhgVGC8aGi9jQjhCY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2P/wAARCAAwAEADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAP/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QAFAEBAAAAAAAAAAAAAAAAAAAAAP/EABQRAQAAAAAAAAAAAAAAAAAAAAD/2gAMAwEAAhEDEQA/AIAAAAAAAAAAAAAAAAAAAAAAAA//2Q==',
  'base64',
);

/** A folder that is gone after the tests of the file. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'camera-test-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An HTTP server on a free port of the loopback; closed after the tests of the file, open connections too. */
export async function httpServer(handle: RequestListener): Promise<{ url: string; port: number }> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

/** A listener that keeps what it heard. */
export class Heard implements SourceListener {
  readonly states: SourceState[] = [];
  readonly errors: InspectionError[] = [];
  readonly losses: LossKind[] = [];

  onState(state: SourceState, error?: InspectionError): void {
    this.states.push(state);
    if (error) this.errors.push(error);
  }

  onLoss(kind: LossKind): void {
    this.losses.push(kind);
  }
}

/** Stops a source after the tests of the file, however they end: an open one would keep the test process alive. */
export function stopAfter<T extends { stop(): Promise<void> }>(source: T): T {
  after(() => source.stop());
  return source;
}

/** Longest time a condition is waited for, ms: generous, since test machines are busy. */
const PATIENCE_MS = 60_000;

/** Polls until the condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  await waitFor(what, condition, PATIENCE_MS);
}

/** A signal for a test: aborts when a picture takes longer than anyone would wait. */
export function patience(): AbortSignal {
  return AbortSignal.timeout(PATIENCE_MS);
}
