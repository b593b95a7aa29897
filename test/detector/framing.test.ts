import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FrameReader, encodeHead } from '../../src/detector/framing';

const MESSAGES: Array<{ header: unknown; payload: Buffer }> = [
  { header: { id: 1 }, payload: Buffer.alloc(0) },
  { header: { id: 2, text: 'ümläut ✓' }, payload: Buffer.from('abc') },
  { header: { id: 3 }, payload: Buffer.alloc(200_000, 7) },
  { header: [], payload: Buffer.alloc(1) },
];
const STREAM = Buffer.concat(
  MESSAGES.flatMap(({ header, payload }) => [encodeHead(header, payload.byteLength), payload]),
);

describe('framing', () => {
  for (const chunkBytes of [1, 7, 65_536, STREAM.byteLength]) {
    it(`cuts a stream that comes in chunks of ${chunkBytes} bytes into its messages`, () => {
      const received: typeof MESSAGES = [];
      const reader = new FrameReader((header, payload) => received.push({ header, payload }));
      for (let start = 0; start < STREAM.byteLength; start += chunkBytes) {
        reader.push(STREAM.subarray(start, start + chunkBytes));
      }
      assert.deepEqual(received, MESSAGES);
    });
  }

  for (const readBytes of [1, 5000, 1_000_000]) {
    it(`reads in place, at most ${readBytes} bytes at a time`, () => {
      const received: typeof MESSAGES = [];
      const reader = new FrameReader((header, payload) => received.push({ header, payload }));
      for (let start = 0; start < STREAM.byteLength;) {
        const space = reader.space();
        const bytes = STREAM.copy(space, 0, start, start + Math.min(readBytes, space.byteLength));
        reader.advance(bytes, space);
        start += bytes;
      }
      assert.deepEqual(received, MESSAGES);
    });
  }

  it('refuses bytes that are no message instead of waiting for gigabytes', () => {
    const reader = new FrameReader(() => assert.fail('delivered'));
    assert.throws(() => reader.push(Buffer.alloc(64, 0xff)), /Expected a message on the detector channel/);
  });

  it('refuses a payload that is too large to send', () => {
    assert.throws(() => encodeHead({}, 400 * 1024 * 1024), /Expected at most 314572800 bytes for a frame/);
  });
});
