import { readFile } from 'node:fs/promises';
import { ALIGN_DEFAULTS, type Alignment, type AlignRequest } from '../../contract/alignment';
import type { Box, Detection } from '../../contract/detection';
import { expected, messageOf } from '../../contract/errors';
import type { FrameInfo, Rectangle } from '../../contract/frame';
import { greyOf } from '../../image/grey';
import { decodeRgb, warpRgb, type RgbPicture, type Similarity } from '../../image/warp';
import { ALIGN_SIDE_PX, PartTemplate } from './align';

/** A part as the reference shows it, and how to lead back from there. */
export interface AlignedPart {
  /** What the region of the reference shows, upright as it lies there. */
  part: RgbPicture;
  alignment: Alignment;
  /** A detection in pixels of `part` becomes one of the upright frame that also says where it is in the reference. */
  toFrame: (detection: Detection) => Detection;
  /** Of the upright frame, pixels. */
  size: { width: number; height: number };
}

/** Templates by their request: one part is looked for thousands of times. */
const templates = new Map<string, Promise<PartTemplate>>();
/** Of the ones used last; each has some ten thousand numbers. */
const KEPT = 8;

function templateFor({
  reference,
  box,
  rotationDegrees = ALIGN_DEFAULTS.rotationDegrees,
}: AlignRequest): Promise<PartTemplate> {
  const key = JSON.stringify([reference, box, rotationDegrees]);
  const known = templates.get(key);
  if (known) return known;
  const made = readReference(reference).then(
    async (bytes) => new PartTemplate(await greyOf(bytes, undefined, ALIGN_SIDE_PX), box, rotationDegrees),
  );
  templates.set(key, made);
  // one that cannot be read may be there the next time
  made.catch(() => templates.delete(key));
  const [oldest] = templates.keys();
  if (templates.size > KEPT && oldest !== undefined) templates.delete(oldest);
  return made;
}

async function readReference(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw expected(`a picture that can be read (${messageOf(error)})`, 'the reference', path);
  }
}

/**
 * Finds the part in a frame and lays it as the reference shows it. A region of the frame is taken as one of the reference; without one
 * the part itself is cut out.
 *
 * @returns undefined when the part is not there
 * @throws InspectionError BAD_ARGUMENT for a reference that cannot be used, or a frame of another shape; BAD_IMAGE …
 */
export async function alignPart(
  image: Uint8Array,
  frame: Partial<FrameInfo> | undefined,
  align: AlignRequest,
): Promise<AlignedPart | undefined> {
  const template = await templateFor(align);
  const grey = await greyOf(image, frame, ALIGN_SIDE_PX);
  if (!template.fits(grey)) {
    const size = `${grey.sourceWidth}x${grey.sourceHeight}`;
    throw expected('a picture of the shape of the reference', 'the frame', size);
  }
  const { toPicture, ...alignment } = template.find(grey);
  if (alignment.score < (align.leastScore ?? ALIGN_DEFAULTS.leastScore)) return undefined;
  const region = wholePixels(frame?.region ?? align.box);
  const picture = await decodeRgb(image, frame);
  return {
    part: warpRgb(picture, toPicture, region),
    alignment,
    toFrame: (detection) => toFrame(detection, region, toPicture, picture),
    size: { width: picture.width, height: picture.height },
  };
}

const wholePixels = ({ x, y, width, height }: Rectangle): Rectangle => ({
  ...{ x: Math.round(x), y: Math.round(y) },
  ...{ width: Math.max(1, Math.round(width)), height: Math.max(1, Math.round(height)) },
});

function toFrame(
  detection: Detection,
  region: Rectangle,
  toPicture: Similarity,
  size: { width: number; height: number },
): Detection {
  const { box } = detection;
  const reference: Box = { ...box, x: box.x + region.x, y: box.y + region.y };
  return { ...detection, box: moved(reference, toPicture, size), reference };
}

/** A turned box as upright one: of the size that it has, around its middle; clipped to the frame. */
function moved(box: Box, { a, b, tx, ty }: Similarity, size: { width: number; height: number }): Box {
  const [middleX, middleY] = [box.x + box.width / 2, box.y + box.height / 2];
  const [x, y] = [a * middleX - b * middleY + tx, b * middleX + a * middleY + ty];
  const [cos, sin] = [Math.abs(a), Math.abs(b)];
  const [halfWidth, halfHeight] = [(cos * box.width + sin * box.height) / 2, (sin * box.width + cos * box.height) / 2];
  const clip = (value: number, most: number) => Math.min(most, Math.max(0, value));
  const [left, top] = [clip(x - halfWidth, size.width), clip(y - halfHeight, size.height)];
  const [right, bottom] = [clip(x + halfWidth, size.width), clip(y + halfHeight, size.height)];
  return { x: left, y: top, width: right - left, height: bottom - top };
}
