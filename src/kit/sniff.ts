import type { FrameFormat } from '../contract/frame';

export interface Sniffed {
  format: FrameFormat;
  /** 0 where the header does not tell in the bytes at hand. */
  width: number;
  height: number;
}

/** First bytes of each format; `null` matches anything. */
const MAGIC: ReadonlyArray<{ format: FrameFormat; bytes: ReadonlyArray<number | null> }> = [
  { format: 'jpeg', bytes: [0xff, 0xd8, 0xff] },
  { format: 'png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { format: 'webp', bytes: [0x52, 0x49, 0x46, 0x46, null, null, null, null, 0x57, 0x45, 0x42, 0x50] },
  { format: 'tiff', bytes: [0x49, 0x49, 0x2a, 0x00] },
  { format: 'tiff', bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { format: 'gif', bytes: [0x47, 0x49, 0x46, 0x38] },
  { format: 'bmp', bytes: [0x42, 0x4d] },
];

/** Markers without a length field: TEM and RST0 … RST7 (ITU-T T.81, table B.1). */
export function isStandaloneJpegMarker(code: number): boolean {
  return code === 0x01 || (code >= 0xd0 && code <= 0xd7);
}

/** Start-of-frame markers: 0xC0 … 0xCF without DHT (C4), JPG (C8) and DAC (CC). */
function isStartOfFrame(code: number): boolean {
  return code >= 0xc0 && code <= 0xcf && code !== 0xc4 && code !== 0xc8 && code !== 0xcc;
}

/** Walks a JPEG's segments up to the frame header (ITU-T T.81, B.2.2). */
function jpegSize(bytes: Buffer): { width: number; height: number } {
  let at = 2;
  while (at + 9 < bytes.length) {
    if (bytes[at] !== 0xff) break;
    const code = bytes[at + 1] as number;
    if (code === 0xff || isStandaloneJpegMarker(code)) {
      at += code === 0xff ? 1 : 2;
      continue;
    }
    if (isStartOfFrame(code)) return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    if (code === 0xda || code === 0xd9) break;
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return { width: 0, height: 0 };
}

/** Where the size stands in headers of fixed layout. */
const SIZES: Partial<Record<FrameFormat, (bytes: Buffer) => { width: number; height: number }>> = {
  jpeg: jpegSize,
  png: (bytes) =>
    bytes.length < 24 ? { width: 0, height: 0 } : { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) },
  gif: (bytes) =>
    bytes.length < 10 ? { width: 0, height: 0 } : { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) },
  bmp: (bytes) =>
    bytes.length < 26
      ? { width: 0, height: 0 }
      : { width: bytes.readInt32LE(18), height: Math.abs(bytes.readInt32LE(22)) },
};

/** Format and size of an encoded picture from its first bytes alone; nothing is decoded. */
export function sniff(image: Uint8Array): Sniffed {
  const bytes = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  const found = MAGIC.find((magic) => magic.bytes.every((byte, at) => byte === null || bytes[at] === byte));
  if (!found) return { format: 'unknown', width: 0, height: 0 };
  return { format: found.format, ...(SIZES[found.format]?.(bytes) ?? { width: 0, height: 0 }) };
}
