import { readFile, readdir } from 'node:fs/promises';
import { extname, join, parse } from 'node:path';
import { InspectionError, expected, messageOf } from '../contract/errors';
import type { Truth } from './map';

/** What the decoder reads and datasets hold. */
const IMAGE_EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png', '.webp', '.tif', '.tiff', '.bmp'];

export interface DatasetImage {
  path: string;
  /** As the label file has them. */
  labels: YoloLabel[];
}

/** One line of a YOLO label file: shares of the upright image's width and height. */
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
