import { TRANSFER_FLAGS } from './own-memory';

/**
 * glibc gives memory back instead of keeping it per thread: 390 instead of 450 MB resident with yolov8n FP32 in two lanes, at
 * the same images/s; 320 instead of 490 MB for a quantization. Blocks of more than 2 MiB are mapped, and go when they are freed;
 * the pictures of frames are smaller: mapping each of them costs a frame 1 to 2 ms of processor time.
 */
export const LEAN_MALLOC = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: String(1024 * 1024),
  MALLOC_MMAP_THRESHOLD_: String(2 * 1024 * 1024),
};

/**
 * V8 gives every thread three semi-spaces of up to 16 MB for short-lived objects, which it fills before it tidies up. A frame
 * leaves a few kB behind: 15 MB less per thread at the same images/s.
 */
export const LEAN_V8_FLAGS: readonly string[] = ['--max-semi-space-size=1', ...TRANSFER_FLAGS];
