import { randomUUID } from 'node:crypto';
import type { FrameInfo } from '../contract/frame';
import { sniff } from '../kit/sniff';

/** Describes a picture that came without a description: from `file in`, `http request` or MQTT. */
export function newFrame(source: string, seq: number, image: Uint8Array, given: Partial<FrameInfo> = {}): FrameInfo {
  return {
    id: randomUUID(),
    seq,
    source,
    capturedAt: new Date().toISOString(),
    width: 0,
    height: 0,
    format: sniff(image).format,
    ...given,
  };
}
