import { availableParallelism } from 'node:os';
import { Pipeline } from '../detect/pipeline';
import { resolveModelPath } from '../model/resolve';
import type { MeanAveragePrecision } from './map';
import { readDataset } from './map-dataset';
import { evaluate as score } from './map-evaluate';

export interface EvaluateOptions {
  /** An .onnx file or a model folder; relative to the working directory. */
  model: string;
  /** Folder of pictures. */
  images: string;
  /** Folder of YOLO labels, `<picture>.txt` each. */
  labels: string;
  /** Threads of inference, at least 1. Default: as many as there are cores, at most 4. */
  threads?: number;
}

/**
 * mAP of a model over labelled pictures, in this process: it is not for one that must answer meanwhile.
 *
 * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID, SOURCE_UNAVAILABLE, BAD_IMAGE, BAD_ARGUMENT
 */
export async function evaluate({ model, images, labels, threads }: EvaluateOptions): Promise<MeanAveragePrecision> {
  const dataset = await readDataset(images, labels);
  const pipeline = await Pipeline.open(resolveModelPath(model, [process.cwd()]), {
    threads: threads ?? Math.min(4, availableParallelism()),
  });
  try {
    return await score(pipeline, dataset);
  } finally {
    await pipeline.close();
  }
}
