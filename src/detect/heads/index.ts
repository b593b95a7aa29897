import { InspectionError } from '../../contract/errors';
import type { HeadLayout } from '../../contract/manifest';
import { cutYolov5Head } from './cut-yolov5';
import { cutYolov8Head } from './cut-yolov8';
import { endToEndHead } from './end-to-end';
import { implausible } from './plausible';
import { isGridCount, type Head, type OutputShape } from './head';
import { QUERIES, rtDetrHead, rtDetrListHead } from './rt-detr';
import { yolov5Head } from './yolov5';
import { yolov8Head } from './yolov8';
import { yoloxHead } from './yolox';

/** The table of head layouts: a new one is a file beside this one and a row here. */
export const HEADS: readonly Head[] = [
  yolov8Head,
  yolov5Head,
  endToEndHead,
  rtDetrHead,
  rtDetrListHead,
  yoloxHead,
  cutYolov8Head,
  cutYolov5Head,
];

export function headOf(layout: HeadLayout): Head {
  const head = HEADS.find((candidate) => candidate.layout === layout);
  if (head) return head;
  throw new InspectionError(
    'MODEL_UNSUPPORTED',
    `Expected a head layout of ${HEADS.map((known) => known.layout).join(', ')} but the manifest says ${JSON.stringify(layout)}`,
  );
}

/**
 * Finds the layout of a bare model by the shapes it really answers with.
 *
 * @param doubtOf what speaks against a layout although the shapes fit: `[1, 300, 6]` may be a list of detections, or RT-DETR
 *   with two classes
 * @throws InspectionError MODEL_UNSUPPORTED with what was found and what is supported
 */
export function recogniseHead(
  outputs: readonly OutputShape[],
  classCount: number | undefined,
  input: { width: number; height: number },
  doubtOf: (layout: HeadLayout, classCount: number) => string | undefined = () => undefined,
): { head: Head; classCount: number } {
  let refusal: InspectionError | undefined;
  for (const head of HEADS) {
    const classes = head.fit(outputs, classCount, input);
    if (classes === undefined) continue;
    const doubt = doubtOf(head.layout, classes);
    if (doubt === undefined) return { head, classCount: classes };
    refusal ??= implausible(head.layout, doubt);
  }
  if (refusal) throw refusal;
  const found = outputs.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', ');
  const names = classCount === undefined ? 'no class names' : `${classCount} class names`;
  const supported = HEADS.filter((head) => !head.layout.startsWith('cut-')).map((head) => head.describe);
  throw new InspectionError(
    'MODEL_UNSUPPORTED',
    `Expected a detection model (${supported.join('; ')}) but found ${found || 'no outputs'}${hintAt(outputs, input)} with ${names} at ${input.width}x${input.height} input`,
  );
}

/** What an unsupported output looks like, for people who do not know how their model was exported. */
function hintAt(outputs: readonly OutputShape[], input: { width: number; height: number }): string {
  const [output] = outputs;
  const [, rows = 0, columns = 0] = output?.dims ?? [];
  if (outputs.length > 1) return ' (several outputs: segmentation, or a model of another family?)';
  if (output?.dims.length !== 3) return '';
  if (columns >= 6 && isGridCount(rows, input, 1)) return ' (one row per cell: YOLOX or YOLOv6?)';
  if (QUERIES.includes(rows) && columns > 6) return ' (one row per query: RT-DETR or another transformer?)';
  return '';
}
