import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { TRANSFER_FLAGS, discard, unbound } from '../../src/kit/own-memory';

/** Runs code in a process that was started as detector processes are; @returns what it printed, from JSON */
function inProcessWithTransfer(code: string): unknown {
  const module = join(__dirname, '../../src/kit/own-memory.js');
  const program = `(async () => {
    const { discard, unbound } = require(${JSON.stringify(module)});
    ${code}
  })();`;
  return JSON.parse(execFileSync(process.execPath, [...TRANSFER_FLAGS, '-e', program], { encoding: 'utf8' }));
}

describe('memory given away or back by hand', () => {
  it('moves a picture that a native module made, without a copy', () => {
    const printed = inProcessWithTransfer(`
      const picture = { create: { width: 64, height: 64, channels: 3, background: '#010203' } };
      const made = await require('sharp')(picture).raw().toBuffer();
      const pixels = unbound(made);
      const { port1, port2 } = new MessageChannel();
      port1.postMessage(pixels, [pixels.buffer]);
      port2.once('message', (received) => {
        console.log(JSON.stringify({ made: made.length, left: pixels.length, received: [...received.subarray(0, 4), received.length] }));
        port1.close();
      });`);
    assert.deepEqual(printed, { made: 0, left: 0, received: [1, 2, 3, 1, 64 * 64 * 3] });
  });

  it('frees at once', () => {
    const printed = inProcessWithTransfer(`
      const before = process.memoryUsage().arrayBuffers;
      const arrays = [Buffer.allocUnsafeSlow(50e6), new Float32Array(5e6)];
      const held = process.memoryUsage().arrayBuffers - before;
      discard(arrays);
      const left = process.memoryUsage().arrayBuffers - before;
      console.log(JSON.stringify({ held: held >= 70e6, left: left < 1e6, lengths: arrays.map((a) => a.length) }));`);
    assert.deepEqual(printed, { held: true, left: true, lengths: [0, 0] });
  });

  it('leaves the pool of small Buffers alone, and takes an empty array or the same one twice', () => {
    const printed = inProcessWithTransfer(`
      const [pooled, neighbour] = [Buffer.from('pooled'), Buffer.from('neighbour')];
      const copied = unbound(pooled);
      const own = new Uint8Array(9);
      discard([pooled, own, own, Buffer.alloc(0)]);
      console.log(JSON.stringify([pooled.toString(), neighbour.toString(), Buffer.from(copied).toString()]));`);
    assert.deepEqual(printed, ['pooled', 'neighbour', 'pooled']);
  });

  it('is of no harm where the runtime has no transfer', () => {
    const transfer = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'transfer');
    if (transfer) Object.defineProperty(ArrayBuffer.prototype, 'transfer', { value: undefined, configurable: true });
    try {
      const bytes = new Uint8Array([1, 2]);
      assert.deepEqual(unbound(bytes), bytes);
      discard([bytes]);
      assert.deepEqual([...bytes], [1, 2]);
    } finally {
      if (transfer) Object.defineProperty(ArrayBuffer.prototype, 'transfer', transfer);
    }
  });
});
