/** How the bytes of a frame are coded. `rgb24`: 3 bytes per pixel, rows without padding. */
export type FrameFormat = 'jpeg' | 'png' | 'rgb24' | 'webp' | 'tiff' | 'bmp' | 'gif' | 'unknown';

/** A rectangle in pixels; x and y are the top-left corner. */
export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const ROTATIONS = [0, 90, 180, 270] as const;
export type Rotation = (typeof ROTATIONS)[number];

/** What a source knows about the picture it hands on: `msg.frame` in a flow. */
export interface FrameInfo {
  /** Unique in the plant for all practical purposes: what an alert is traced back by. */
  id: string;
  /** The plant's own number of the part, where the flow knows it (a scanner, the PLC): the truth may come by it days later. */
  partId?: string;
  /** Counts up from 0 per source, without a gap. A message that stands for n frames has the first one's; the next has n more. */
  seq: number;
  /** Name of the source (camera, folder, url without credentials). */
  source: string;
  /** Which source it is, where two may have one name: the id of the camera-in. */
  sourceId?: string;
  /** When the picture was taken, ISO 8601 with milliseconds, UTC. */
  capturedAt: string;
  /** Pixels as stored in the bytes, before rotation; 0 where the source does not know without decoding. */
  width: number;
  height: number;
  format: FrameFormat;
  /** Time between trigger and capture, ms; only for triggered frames. */
  triggerToCaptureMs?: number;
  /** Clockwise turn that makes the picture upright, on top of EXIF orientation. Default 0. */
  rotate?: Rotation;
  /** Only this part is inspected; pixels of the upright picture. Boxes stay in pixels of the whole upright picture. */
  region?: Rectangle;
  /** `every`: the camera wants no picture left out; waiting lines on the way keep it, whatever their own policy. */
  overload?: 'every';
  /** What a simulator drew: the right answer, for tests and demonstrations. */
  truth?: TruthBox[];
}

/** A defect that is really there, in pixels of the upright picture. */
export interface TruthBox {
  label: string;
  classId: number;
  box: Rectangle;
}

/** What frames of one camera have in common and frames of another do not: what shares and counters go by. */
export function cameraOf({ sourceId, source }: Pick<FrameInfo, 'source' | 'sourceId'>): string {
  return sourceId ?? source;
}
