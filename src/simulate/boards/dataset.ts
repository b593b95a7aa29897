import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expected, InspectionError, messageOf } from '../../contract/errors';
import type { TruthBox } from '../../contract/frame';
import { DEFECT_CLASSES } from './defects/kinds';
import type { LineOptions } from '../line';
import { SimulatedLine } from '../line-client';

export interface DatasetOptions extends LineOptions {
  /** How many pictures. */
  count: number;
  /** A folder that is empty or not there yet. */
  outDir: string;
  /** Worker threads that draw. */
  workers: number;
  onProgress?: (done: number) => void;
}

export interface DatasetSummary {
  images: number;
  clean: number;
  defects: number;
  perClass: Record<string, number>;
}

/** One line of a YOLO label file: `class cx cy w h`, shares of the picture's width and height. */
export function yoloLine({ classId, box }: TruthBox, width: number, height: number): string {
  const shares = [
    (box.x + box.width / 2) / width,
    (box.y + box.height / 2) / height,
    box.width / width,
    box.height / height,
  ];
  return `${classId} ${shares.map((share) => share.toFixed(6)).join(' ')}`;
}

/** Makes the folders; an existing folder must be empty, so that two runs never mix. */
async function prepareFolder(outDir: string): Promise<void> {
  try {
    await mkdir(outDir, { recursive: true });
  } catch (error) {
    throw new InspectionError(
      'BAD_ARGUMENT',
      `Expected a folder that can be written for --out but ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
  if ((await readdir(outDir)).length > 0) throw expected('an empty or new folder', '--out', outDir);
  await mkdir(join(outDir, 'images'));
  await mkdir(join(outDir, 'labels'));
}

/**
 * Writes `images/*.jpg`, `labels/*.txt` (YOLO) and `classes.txt`. Picture n is part n of the line of these options,
 * whatever the number of workers.
 *
 * @throws InspectionError BAD_ARGUMENT for a folder that cannot be used, IO_FAILED when writing fails
 */
export async function writeDataset(options: DatasetOptions): Promise<DatasetSummary> {
  const { count, outDir, workers, onProgress, ...line } = options;
  await prepareFolder(outDir);
  const summary: DatasetSummary = {
    images: 0,
    clean: 0,
    defects: 0,
    perClass: Object.fromEntries(DEFECT_CLASSES.map((name) => [name, 0])),
  };
  const digits = Math.max(5, String(count - 1).length);
  let next = 0;
  let failed = false;
  const draw = async (): Promise<void> => {
    const source = new SimulatedLine(line);
    try {
      for (let index = next++; index < count && !failed; index = next++) {
        const { image, width, height, truth } = await source.part(index);
        const name = String(index).padStart(digits, '0');
        await writeFile(join(outDir, 'images', `${name}.jpg`), image);
        const lines = truth.map((box) => `${yoloLine(box, width, height)}\n`);
        await writeFile(join(outDir, 'labels', `${name}.txt`), lines.join(''));
        summary.images++;
        if (truth.length === 0) summary.clean++;
        summary.defects += truth.length;
        for (const { label } of truth) summary.perClass[label] = (summary.perClass[label] ?? 0) + 1;
        onProgress?.(summary.images);
      }
    } catch (error) {
      failed = true;
      throw error instanceof InspectionError ? error : new InspectionError('IO_FAILED', messageOf(error));
    } finally {
      await source.close();
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(workers, count) }, draw));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  await writeFile(join(outDir, 'classes.txt'), `${DEFECT_CLASSES.join('\n')}\n`);
  return summary;
}
