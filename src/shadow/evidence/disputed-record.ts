import type { ModelInfo } from '../../contract/detector';
import type { Detection } from '../../contract/detection';
import type { FrameFormat, FrameInfo } from '../../contract/frame';
import { sniff } from '../../kit/sniff';
import type { VerdictFlip } from '../compare/compare';

export type ModelIdentity = Pick<ModelInfo, 'name' | 'version' | 'sha256'>;

/** A frame about which two models disagree; as kept in the evidence folder beside its picture, and sent to a flow. */
export interface DisputedRecord {
  recordVersion: 1;
  /**
   * ISO 8601, UTC.
   * @format date-time
   */
  savedAt: string;
  frame: Partial<FrameInfo>;
  image: {
    /** File name in the evidence folder. */
    file: string;
    sha256: string;
    bytes: number;
    format: FrameFormat;
    /** Of the upright picture, pixels: what the boxes refer to. */
    width: number;
    height: number;
  };
  models: { primary: ModelIdentity; candidate: ModelIdentity };
  classNames: readonly string[];
  /** Which of the two answered for the part on the line. */
  answeredBy: 'primary' | 'candidate';
  /** All that each of them saw above the threshold, after NMS. */
  primary: Detection[];
  candidate: Detection[];
  missed: Detection[];
  extra: Detection[];
  flip: VerdictFlip;
}

const EXTENSIONS: Record<FrameFormat, string> = {
  jpeg: 'jpg',
  png: 'png',
  gif: 'gif',
  bmp: 'bmp',
  tiff: 'tif',
  webp: 'webp',
  rgb24: 'rgb',
  unknown: 'bin',
};

/** How the bytes of a picture are coded: as the frame says, else by their first bytes. */
export function formatOf(image: Uint8Array, frame: Partial<FrameInfo>): FrameFormat {
  if (frame.format !== undefined && frame.format !== 'unknown') return frame.format;
  return sniff(Buffer.from(image.buffer, image.byteOffset, image.byteLength)).format;
}

export function extensionOf(format: FrameFormat): string {
  return EXTENSIONS[format];
}

/** Cells per picture side when two disputes are compared: about the size of one defect. */
const GRID = 16;

/**
 * What a dispute is about, coarsely: which class, seen by whom, where. A scratch on the lens gives the same signature on
 * every part.
 */
export function signatureOf({ missed, extra, image }: Pick<DisputedRecord, 'missed' | 'extra' | 'image'>): string {
  const cell = ({ label, box }: Detection) => {
    const column = Math.floor(((box.x + box.width / 2) / image.width) * GRID);
    const row = Math.floor(((box.y + box.height / 2) / image.height) * GRID);
    return `${label}@${column},${row}`;
  };
  const list = (detections: Detection[]) => detections.map(cell).sort().join(' ');
  return `missed ${list(missed)} extra ${list(extra)}`;
}
