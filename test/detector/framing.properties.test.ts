import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeHead, FrameReader } from '../../src/detector/framing';
import { RUNS } from '../helpers/property-runs';

const message = fc.record({ header: fc.jsonValue(), payload: fc.uint8Array({ maxLength: 300 }) });

const encode = ({ header, payload }: { header: unknown; payload: Uint8Array }): Buffer =>
  Buffer.concat([encodeHead(header, payload.length), payload]);

/** Cuts bytes into chunks of these lengths, again and again. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const length = lengths[i % lengths.length]!;
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

const lengths = fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 8 });

describe('properties of the framing', () => {
  it('whatever is sent arrives whole and in order, however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), lengths, (sent, sizes) => {
        const got: unknown[] = [];
        const reader = new FrameReader((header, payload) => got.push({ header, payload: [...payload] }));
        for (const chunk of cut(Buffer.concat(sent.map(encode)), sizes)) reader.push(chunk);
        const wanted = sent.map(({ header, payload }) => ({
          header: JSON.parse(JSON.stringify(header)) as unknown,
          payload: [...payload],
        }));
        assert.deepEqual(got, wanted);
      }),
      RUNS,
    );
  });

  it('reading straight into the payload gives what chunks give', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), lengths, (sent, sizes) => {
        const stream = Buffer.concat(sent.map(encode));
        const got: number[][] = [];
        const reader = new FrameReader((_header, payload) => got.push([...payload]));
        for (let at = 0, i = 0; at < stream.length; i++) {
          const space = reader.space();
          const bytes = stream.copy(space, 0, at, at + Math.min(space.length, sizes[i % sizes.length]!));
          reader.advance(bytes, space);
          at += bytes;
        }
        assert.deepEqual(
          got,
          sent.map(({ payload }) => [...payload]),
        );
      }),
      RUNS,
    );
  });

  it('any other bytes are refused or waited for, never taken for a huge message', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 64 }), (bytes) => {
        const reader = new FrameReader(() => undefined);
        try {
          reader.push(Buffer.from(bytes));
        } catch (error) {
          assert.ok(error instanceof SyntaxError || (error as { code?: string }).code === 'DETECTOR_FAILED');
        }
      }),
      RUNS,
    );
  });
});
