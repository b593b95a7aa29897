import { expected, InspectionError, messageOf } from '../contract/errors';

/**
 * One message on the wire: header length (uint32 LE), payload length (uint32 LE), header as JSON, payload as it is.
 * The header is small (numbers, names, boxes); pixels only ever travel as payload, never inside JSON or base64.
 */
const PREFIX_BYTES = 8;

/** A header is at most a list of a few thousand boxes; more than this is a stream that lost its rhythm. */
const MAX_HEADER_BYTES = 16 * 1024 * 1024;

/** One raw RGB frame of 100 megapixels. */
const MAX_PAYLOAD_BYTES = 300 * 1024 * 1024;

const EMPTY = Buffer.alloc(0);

/** @throws InspectionError BAD_ARGUMENT for what JSON cannot say: a BigInt, an object that holds itself */
function toJson(header: unknown): string {
  try {
    return JSON.stringify(header);
  } catch (error) {
    // the first line says it: the others draw the circle
    throw expected('numbers, texts and plain objects', 'msg.frame', messageOf(error).split('\n')[0]);
  }
}

/** The bytes that go before the payload: lengths and header. The payload itself is written after it, uncopied. */
export function encodeHead(header: unknown, payloadBytes: number): Buffer {
  const json = toJson(header);
  const headerBytes = Buffer.byteLength(json);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw expected(`at most ${MAX_HEADER_BYTES} bytes`, 'the description of a frame', headerBytes);
  }
  if (payloadBytes > MAX_PAYLOAD_BYTES) {
    throw expected(`at most ${MAX_PAYLOAD_BYTES} bytes`, 'a frame', payloadBytes, 'IMAGE_TOO_LARGE');
  }
  const head = Buffer.allocUnsafe(PREFIX_BYTES + headerBytes);
  head.writeUInt32LE(headerBytes, 0);
  head.writeUInt32LE(payloadBytes, 4);
  head.write(json, PREFIX_BYTES);
  return head;
}

/**
 * Cuts a byte stream back into messages. Two ways in: `push` for chunks that already exist, and `space` + `advance` for
 * reading straight into the payload's own memory (`onread` of net.Socket), which spares a copy of every frame.
 */
export class FrameReader {
  readonly #deliver: (header: unknown, payload: Buffer) => void;
  readonly #scratch = Buffer.allocUnsafeSlow(64 * 1024);
  /** What is being filled now: the prefix, the header or the payload. */
  #part: 'prefix' | 'header' | 'payload' = 'prefix';
  #target: Buffer = Buffer.allocUnsafeSlow(PREFIX_BYTES);
  #filled = 0;
  #header: unknown;
  #payloadBytes = 0;

  /** @param deliver called once per whole message; the payload belongs to the receiver */
  constructor(deliver: (header: unknown, payload: Buffer) => void) {
    this.#deliver = deliver;
  }

  /** Memory for the next read. */
  space(): Buffer {
    return this.#part === 'payload' ? this.#target.subarray(this.#filled) : this.#scratch;
  }

  /** Takes the first `bytes` of what `space` gave. @throws InspectionError DETECTOR_FAILED on a stream that is no protocol */
  advance(bytes: number, space: Uint8Array): void {
    if (space.buffer === this.#scratch.buffer) this.push(this.#scratch.subarray(0, bytes));
    else this.#fill(bytes);
  }

  /** Takes a chunk. @throws InspectionError DETECTOR_FAILED on a stream that is no protocol */
  push(chunk: Buffer): void {
    let offset = 0;
    while (offset < chunk.byteLength) {
      const bytes = Math.min(chunk.byteLength - offset, this.#target.byteLength - this.#filled);
      chunk.copy(this.#target, this.#filled, offset, offset + bytes);
      offset += bytes;
      this.#fill(bytes);
    }
  }

  #fill(bytes: number): void {
    this.#filled += bytes;
    // a loop, because an empty payload is complete before any byte of it comes
    while (this.#filled === this.#target.byteLength) this.#next();
  }

  #next(): void {
    const full = this.#target;
    this.#filled = 0;
    if (this.#part === 'prefix') {
      const headerBytes = full.readUInt32LE(0);
      this.#payloadBytes = full.readUInt32LE(4);
      if (headerBytes === 0 || headerBytes > MAX_HEADER_BYTES || this.#payloadBytes > MAX_PAYLOAD_BYTES) {
        throw new InspectionError(
          'DETECTOR_FAILED',
          'Expected a message on the detector channel but received other bytes',
        );
      }
      this.#part = 'header';
      this.#target = Buffer.allocUnsafe(headerBytes);
    } else if (this.#part === 'header') {
      this.#header = JSON.parse(full.toString('utf8'));
      this.#part = 'payload';
      // own memory, not the shared pool: it is handed on to decoders that keep it for a while
      this.#target = this.#payloadBytes === 0 ? EMPTY : Buffer.allocUnsafeSlow(this.#payloadBytes);
    } else {
      const header = this.#header;
      this.#part = 'prefix';
      this.#target = Buffer.allocUnsafeSlow(PREFIX_BYTES);
      this.#header = undefined;
      this.#deliver(header, full);
    }
  }
}
