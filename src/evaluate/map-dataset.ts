import { readFile, readdir } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';
import { InspectionError, expected, messageOf } from '../contract/errors';
import type { Rectangle } from '../contract/frame';
import type { View } from '../contract/view';
import type { Truth } from './map';

/** What the decoder reads and datasets hold. */
const IMAGE_EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.bmp'];

export interface DatasetImage {
  path: string;
  /** As the label file has them. */
  labels: YoloLabel[];
  /** What of it is inspected; undefined: all of it, as it is. */
  view?: View | undefined;
}

/** One line of a YOLO label file: shares of the whole upright image's width and height. */
export interface YoloLabel {
  classId: number;
  centreX: number;
  centreY: number;
  width: number;
  height: number;
}

async function listFolder(folder: string, forWhat: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    throw expected(`a folder that can be read (${messageOf(error)})`, forWhat, folder, 'SOURCE_UNAVAILABLE');
  }
}

/**
 * The image files of a folder, by name.
 *
 * @throws InspectionError SOURCE_UNAVAILABLE when there is no folder, or no image in it
 */
export async function listImages(folder: string, forWhat = '--images'): Promise<string[]> {
  const names = await listFolder(folder, forWhat);
  const images = names.filter((name) => IMAGE_EXTENSIONS.includes(extname(name).toLowerCase())).sort();
  if (images.length > 0) return images.map((name) => join(folder, name));
  throw expected(`a folder with images (${IMAGE_EXTENSIONS.join(', ')})`, forWhat, folder, 'SOURCE_UNAVAILABLE');
}

/**
 * Reads a dataset in the YOLO layout: images in one folder, `<name>.txt` per image in another. An image without a label
 * file shows nothing, as in Ultralytics; a folder in which no image has one is a mistake.
 *
 * @throws InspectionError SOURCE_UNAVAILABLE, BAD_ARGUMENT for a line that is no label
 */
export async function readDataset(imageFolder: string, labelFolder: string): Promise<DatasetImage[]> {
  const paths = await listImages(imageFolder);
  const files = new Set(await listFolder(labelFolder, '--labels'));
  const labelFile = (path: string) => `${parse(path).name}.txt`;
  if (!paths.some((path) => files.has(labelFile(path)))) {
    throw expected('a folder with a .txt file per image', '--labels', labelFolder, 'SOURCE_UNAVAILABLE');
  }
  return Promise.all(
    paths.map(async (path) => {
      const file = labelFile(path);
      return { path, labels: files.has(file) ? await readLabels(join(labelFolder, file)) : [] };
    }),
  );
}

/** Reads a label file: one `class cx cy w h` per line. @throws InspectionError BAD_ARGUMENT, IO_FAILED */
export async function readLabels(path: string): Promise<YoloLabel[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new InspectionError('IO_FAILED', `The label file ${path} could not be read: ${messageOf(error)}`);
  }
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, index) => (line === '' ? [] : parseLabel(line, `line ${index + 1} of ${path}`)));
}

function parseLabel(line: string, where: string): YoloLabel {
  const numbers = line.split(/\s+/).map(Number);
  const [classId, centreX, centreY, width, height] = numbers as [number, number, number, number, number];
  const isLabel =
    numbers.length === 5 &&
    Number.isInteger(classId) &&
    classId >= 0 &&
    [centreX, centreY, width, height].every((share) => share >= 0 && share <= 1);
  if (isLabel) return { classId, centreX, centreY, width, height };
  throw expected('a label `class cx cy w h` with shares between 0 and 1', where, line);
}

/** Labels as boxes in pixels of the upright image. */
export function toTruths(labels: readonly YoloLabel[], image: { width: number; height: number }): Truth[] {
  return labels.map(({ classId, centreX, centreY, width, height }) => ({
    classId,
    box: {
      x: (centreX - width / 2) * image.width,
      y: (centreY - height / 2) * image.height,
      width: width * image.width,
      height: height * image.height,
    },
  }));
}

/** A thing counts as long as this share of its area is inside of what is inspected. */
const LEAST_INSIDE = 0.5;

/** Labels as boxes in pixels of the upright image; what lies outside of the region that is inspected is nobody's to find. */
export function truthsOf(labels: readonly YoloLabel[], image: { width: number; height: number }, view?: View): Truth[] {
  const truths = toTruths(labels, image);
  return view?.region ? truthsInside(truths, view.region) : truths;
}

/** Those that mostly lie in the region, cut at its edges. */
function truthsInside(truths: readonly Truth[], region: Rectangle): Truth[] {
  return truths.flatMap((truth) => {
    const { box } = truth;
    const left = Math.max(box.x, region.x);
    const top = Math.max(box.y, region.y);
    const width = Math.min(box.x + box.width, region.x + region.width) - left;
    const height = Math.min(box.y + box.height, region.y + region.height) - top;
    const isInside = width > 0 && height > 0 && width * height >= LEAST_INSIDE * box.width * box.height;
    return isInside ? [{ ...truth, box: { x: left, y: top, width, height } }] : [];
  });
}
