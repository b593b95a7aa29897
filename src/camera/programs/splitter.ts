import { isStandaloneJpegMarker } from '../../kit/sniff';

/** Cuts a byte stream into pictures. */
export interface Splitter {
  /** @param atMs when the chunk arrived, ms of the steady clock */
  push(chunk: Buffer, atMs: number): void;
  /** The stream is over: a picture that was under way is broken. */
  end(): void;
}

export interface SplitterEvents {
  /** `atMs`: arrival of the picture's first byte. */
  onPicture(bytes: Buffer, atMs: number): void;
  /** Bytes were thrown away that began like a picture and did not end like one. */
  onBroken(): void;
}

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** Where the reader is: between pictures, at a marker, inside a segment with a length, inside coded pixels. */
type Place = 'outside' | 'marker' | 'segment' | 'scan';

/** Room to begin with, bytes; grows by doubling. */
const FIRST_CAPACITY = 256 * 1024;

/**
 * Cuts a stream of JPEGs by walking their markers (ITU-T T.81, annex B), so that an end marker inside a thumbnail or a
 * comment does not cut a picture short. Anything between pictures (multipart headers, garbage) is skipped; a picture that
 * is broken, cut off or larger than allowed is thrown away and the search goes on. Holds at most `maxBytes`.
 */
export class JpegSplitter implements Splitter {
  readonly #maxBytes: number;
  readonly #events: SplitterEvents;
  #buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  /** Where the picture under way begins; what is before it is done with. */
  #start = 0;
  /** Where the bytes in use end. */
  #size = 0;
  /** How far the bytes are read. */
  #at = 0;
  #place: Place = 'outside';
  #startedAtMs = 0;

  constructor(maxBytes: number, events: SplitterEvents) {
    this.#maxBytes = maxBytes;
    this.#events = events;
  }

  push(chunk: Buffer, atMs: number): void {
    // in pieces, so that a huge chunk cannot blow the buffer up
    for (let from = 0; from < chunk.length; from += FIRST_CAPACITY) {
      this.#append(chunk.subarray(from, from + FIRST_CAPACITY));
      while (this.#step(atMs));
      if (this.#place !== 'outside' && this.#size - this.#start > this.#maxBytes) this.#giveUp();
    }
  }

  end(): void {
    if (this.#place !== 'outside') this.#giveUp();
  }

  #append(piece: Buffer): void {
    // once per piece, so that a stream of false starts costs no copy for each
    this.#buffer.copy(this.#buffer, 0, this.#start, this.#size);
    this.#size -= this.#start;
    this.#at -= this.#start;
    this.#start = 0;
    const needed = this.#size + piece.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
      this.#buffer.copy(larger, 0, 0, this.#size);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#size);
    this.#size = needed;
  }

  /** Reads on; false when more bytes are needed. */
  #step(atMs: number): boolean {
    switch (this.#place) {
      case 'outside':
        return this.#findStart(atMs);
      case 'marker':
        return this.#readMarker();
      case 'segment':
        return this.#skipSegment();
      case 'scan':
        return this.#findMarkerInScan();
    }
  }

  #findStart(atMs: number): boolean {
    const start = indexOfStart(this.#buffer, this.#start, this.#size);
    if (start < 0) {
      // the last bytes may be the beginning of a start
      this.#start = Math.max(this.#start, this.#size - 2);
      return false;
    }
    this.#start = start;
    this.#startedAtMs = atMs;
    this.#at = start + 2;
    this.#place = 'marker';
    return true;
  }

  #readMarker(): boolean {
    if (this.#at + 1 >= this.#size) return false;
    const code = this.#buffer[this.#at + 1] as number;
    if (this.#buffer[this.#at] !== 0xff || code === SOI || code === 0) return this.#giveUp();
    // fill bytes before a marker
    if (code === 0xff) this.#at += 1;
    else if (code === EOI) this.#finish();
    else if (isStandaloneJpegMarker(code)) this.#at += 2;
    else this.#place = 'segment';
    return true;
  }

  #skipSegment(): boolean {
    if (this.#at + 4 > this.#size) return false;
    const length = this.#buffer.readUInt16BE(this.#at + 2);
    if (length < 2) return this.#giveUp();
    if (this.#at + 2 + length > this.#size) return false;
    const isScan = this.#buffer[this.#at + 1] === SOS;
    this.#at += 2 + length;
    this.#place = isScan ? 'scan' : 'marker';
    return true;
  }

  /** Coded pixels go on until a marker that is neither a stuffed zero nor a restart. */
  #findMarkerInScan(): boolean {
    for (;;) {
      const found = this.#buffer.subarray(0, this.#size).indexOf(0xff, this.#at);
      if (found < 0 || found + 1 >= this.#size) {
        this.#at = found < 0 ? this.#size : found;
        return false;
      }
      const code = this.#buffer[found + 1] as number;
      if (code !== 0 && !isStandaloneJpegMarker(code)) {
        this.#at = found;
        this.#place = 'marker';
        return true;
      }
      this.#at = found + 2;
    }
  }

  #finish(): void {
    const end = this.#at + 2;
    if (end - this.#start > this.#maxBytes) this.#events.onBroken();
    else this.#events.onPicture(Buffer.from(this.#buffer.subarray(this.#start, end)), this.#startedAtMs);
    this.#start = end;
    this.#place = 'outside';
  }

  /** What was read is no picture: the next one may begin right after its start. */
  #giveUp(): boolean {
    this.#start += 2;
    this.#place = 'outside';
    this.#events.onBroken();
    return true;
  }
}

/** First FF D8 FF; a lone FF D8 is too common in garbage. -1: none. */
function indexOfStart(buffer: Buffer, from: number, size: number): number {
  const bytes = buffer.subarray(0, size);
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 2 < size; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === SOI && bytes[at + 2] === 0xff) return at;
  }
  return -1;
}

/** Cuts raw pictures of one size, as ffmpeg's rawvideo writes them: no headers, so nothing can be lost in between. */
export class RawSplitter implements Splitter {
  readonly #frameBytes: number;
  readonly #events: SplitterEvents;
  #frame: Buffer;
  #size = 0;
  #startedAtMs = 0;

  constructor(frameBytes: number, events: SplitterEvents) {
    this.#frameBytes = frameBytes;
    this.#events = events;
    this.#frame = Buffer.allocUnsafe(frameBytes);
  }

  push(chunk: Buffer, atMs: number): void {
    for (let from = 0; from < chunk.length;) {
      if (this.#size === 0) this.#startedAtMs = atMs;
      const count = Math.min(chunk.length - from, this.#frameBytes - this.#size);
      chunk.copy(this.#frame, this.#size, from, from + count);
      this.#size += count;
      from += count;
      if (this.#size < this.#frameBytes) continue;
      const picture = this.#frame;
      this.#frame = Buffer.allocUnsafe(this.#frameBytes);
      this.#size = 0;
      this.#events.onPicture(picture, this.#startedAtMs);
    }
  }

  end(): void {
    if (this.#size > 0) this.#events.onBroken();
    this.#size = 0;
  }
}
