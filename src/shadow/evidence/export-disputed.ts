import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expected } from '../../contract/errors';
import { encodePng } from '../../image/encode';
import type { Detection } from '../../contract/detection';
import { nms } from '../../detect/nms';
import { iou } from '../../kit/box';
import type { FrameInfo, Rectangle } from '../../contract/frame';
import type { DisputedRecord } from './disputed-record';
import { DisputedStore } from './disputed-store';

/**
 * What the label files start from, for a person to correct: what both saw, what either saw, what one of them saw, or
 * nothing.
 */
export const DRAFTS = ['union', 'agreed', 'primary', 'candidate', 'none'] as const;
export type Draft = (typeof DRAFTS)[number];

export interface ExportOptions {
  /** Evidence folder. */
  from: string;
  /** Folder of the dataset: new, or empty. */
  out: string;
  draft: Draft;
}

export interface ExportSummary {
  out: string;
  images: number;
  boxes: number;
  classNames: string[];
}

/** Two boxes of one class that overlap by more than this are one label. */
const SAME_IOU = 0.5;

const agreed = ({ primary, candidate }: DisputedRecord) =>
  primary.filter((mine) =>
    candidate.some((theirs) => theirs.classId === mine.classId && iou(mine.box, theirs.box) >= SAME_IOU),
  );

const DRAFT_BOXES: Record<Draft, (record: DisputedRecord) => Detection[]> = {
  union: ({ primary, candidate }) => nms([...primary, ...candidate], { iou: SAME_IOU }),
  agreed,
  primary: ({ primary }) => primary,
  candidate: ({ candidate }) => candidate,
  none: () => [],
};

/**
 * Turns a box of the upright picture back into the picture as it is stored, which `frame.rotate` turns clockwise; EXIF
 * orientation needs nothing, since training tools apply it themselves.
 */
export function boxInStoredPicture(
  box: Rectangle,
  upright: { width: number; height: number },
  rotate: FrameInfo['rotate'] = 0,
): { box: Rectangle; width: number; height: number } {
  const { width, height } = upright;
  switch (rotate) {
    case 90:
      return { box: turned(box.y, width - box.x - box.width, box), width: height, height: width };
    case 180:
      return { box: { ...box, x: width - box.x - box.width, y: height - box.y - box.height }, width, height };
    case 270:
      return { box: turned(height - box.y - box.height, box.x, box), width: height, height: width };
    default:
      return { box, width, height };
  }
}

function turned(x: number, y: number, { width, height }: Rectangle): Rectangle {
  return { x, y, width: height, height: width };
}

function yoloLine(detection: Detection, record: DisputedRecord): string {
  const { box, width, height } = boxInStoredPicture(detection.box, record.image, record.frame.rotate);
  const numbers = [
    (box.x + box.width / 2) / width,
    (box.y + box.height / 2) / height,
    box.width / width,
    box.height / height,
  ];
  return [detection.classId, ...numbers.map((number) => number.toFixed(6))].join(' ');
}

/** Raw pixels become PNG, since no training tool reads them; everything else is copied byte for byte. */
async function writeImage(from: string, to: string, record: DisputedRecord): Promise<string> {
  const { file, format } = record.image;
  if (format !== 'rgb24') {
    await copyFile(join(from, file), join(to, file));
    return file;
  }
  const name = file.replace(/\.rgb$/, '.png');
  const { rotate = 0 } = record.frame;
  const [width, height] =
    rotate % 180 === 0 ? [record.image.width, record.image.height] : [record.image.height, record.image.width];
  const pixels = await readFile(join(from, file));
  await writeFile(join(to, name), await encodePng({ pixels, width, height, channels: 3 }));
  return name;
}

/**
 * Writes the disputed frames as a dataset in YOLO folders: `images/train`, `labels/train` (drafts, to be corrected by a
 * person), `data.yaml`, and `disputes.json` with what each model said about each picture.
 *
 * @throws InspectionError BAD_ARGUMENT when there is nothing to export, or the folder holds something already
 */
export async function exportDisputed({ from, out, draft }: ExportOptions): Promise<ExportSummary> {
  const records = (await exists(from)) ? await new DisputedStore(from).records() : [];
  const newest = records.at(-1);
  if (newest === undefined) throw expected('at least one disputed frame', from, 'an empty evidence folder');
  if ((await exists(out)) && (await readdir(out)).length > 0)
    throw expected('a new or empty folder', 'the dataset', out);
  const images = join(out, 'images', 'train');
  const labels = join(out, 'labels', 'train');
  for (const folder of [images, labels]) await mkdir(folder, { recursive: true });

  const index: { image: string; record: DisputedRecord }[] = [];
  let boxes = 0;
  for (const record of records) {
    const image = await writeImage(from, images, record);
    const lines = DRAFT_BOXES[draft](record).map((detection) => yoloLine(detection, record));
    boxes += lines.length;
    await writeFile(join(labels, image.replace(/\.\w+$/, '.txt')), lines.map((line) => `${line}\n`).join(''));
    index.push({ image, record });
  }
  const names = [...newest.classNames];
  await writeFile(join(out, 'data.yaml'), dataYaml(names));
  await writeFile(join(out, 'disputes.json'), `${JSON.stringify(index, undefined, 1)}\n`);
  return { out, images: records.length, boxes, classNames: names };
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** A JSON string is a YAML string too: names with quotes or colons stay what they are. */
function dataYaml(names: string[]): string {
  const list = names.map((name, index) => `  ${index}: ${JSON.stringify(name)}\n`).join('');
  return `train: images/train\nval: images/train\nnames:\n${list}`;
}
