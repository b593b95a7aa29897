import { randomUUID } from 'node:crypto';
import type { FrameFormat, FrameInfo } from './frame';

/** First bytes of the picture formats that matter, and the name of each. */
const SIGNATURES: readonly [signature: string, format: FrameFormat][] = [
  ['ffd8ff', 'jpeg'],
  ['89504e47', 'png'],
  ['52494646', 'webp'],
  ['49492a00', 'tiff'],
  ['4d4d002a', 'tiff'],
  ['424d', 'bmp'],
  ['474946', 'gif'],
];

/** The coding of a picture by its first bytes; `unknown` is not an error, the decoder has the last word. */
export function sniffFormat(image: Uint8Array): FrameFormat {
  const start = Buffer.from(image.buffer, image.byteOffset, Math.min(4, image.byteLength)).toString('hex');
  return SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1] ?? 'unknown';
}

/** Describes a picture that came without a description: from `file in`, `http request` or MQTT. */
export function newFrame(source: string, seq: number, image: Uint8Array, given: Partial<FrameInfo> = {}): FrameInfo {
  return {
    id: randomUUID(),
    seq,
    source,
    capturedAt: new Date().toISOString(),
    width: 0,
    height: 0,
    format: sniffFormat(image),
    ...given,
  };
}
