/**
 * Memory that is given away or given back by hand. V8 frees the memory of arrays when it tidies up, and lets 32 to 64 MB pile
 * up in each thread before it does: with megabytes of pixels per frame that is the larger part of a process.
 *
 * Both calls rest on `ArrayBuffer.prototype.transfer` (ES2024, in Node.js from 21; detector processes on Node.js 20 are
 * started with the flag that has it). Without it nothing breaks: bytes are copied on their way, and freed later.
 */
type Transferable = ArrayBuffer & { transfer?(byteLength?: number): ArrayBuffer };

/** The V8 flag that brings `transfer` to a Node.js that does not have it yet; newer ones do not know the flag. */
export const TRANSFER_FLAGS: readonly string[] =
  'transfer' in ArrayBuffer.prototype ? [] : ['--harmony-rab-gsab-transfer'];

/**
 * The same memory, no longer bound to the Buffer it came in. Memory that a native module made (a picture decoded by sharp)
 * can only so be moved to another thread; node would copy it, or refuse to.
 *
 * @param bytes all of its ArrayBuffer; empty afterwards, a part is copied instead
 */
export function unbound(bytes: Uint8Array): Uint8Array {
  const buffer = bytes.buffer as Transferable;
  if (bytes.byteLength !== buffer.byteLength) return new Uint8Array(bytes);
  return buffer.transfer ? new Uint8Array(buffer.transfer()) : bytes;
}

/** Frees the memory of arrays now; they are empty afterwards. Parts of a larger ArrayBuffer (node's pool) are left alone. */
export function discard(arrays: readonly ArrayBufferView[]): void {
  for (const { buffer, byteLength } of arrays) {
    if (byteLength > 0 && byteLength === buffer.byteLength) (buffer as Transferable).transfer?.(0);
  }
}
