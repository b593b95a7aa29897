import type { HeadLayout, ModelManifest } from '../../contract/manifest';
import type { Tensor } from '../../model/session';
import type { CandidateList } from '../candidates';
import { cellCount } from '../../model/grid';
import type { ScoreMap } from '../../contract/score-map';

export interface DecodeOptions {
  /** Candidates with a score at or below this are not decoded; 0 … 1. */
  confidence: number;
  /**
   * One candidate per class above the threshold instead of the best class only: what Ultralytics' `val` does, and what
   * mAP is measured with. On a line one part of the picture is one thing, so the default is the best class.
   */
  multiLabel: boolean;
}

/** What a head needs to know of its model. */
export type HeadContext = Pick<ModelManifest, 'input' | 'head' | 'classNames'>;

/** An output as the model really gave it: name and shape. */
export interface OutputShape {
  name: string;
  dims: readonly number[];
}

/** A row of the table of head layouts: recognises outputs, and decodes them. */
export interface Head {
  layout: HeadLayout;
  /** For the sentence that refuses a model: what this head looks like. */
  describe: string;
  /**
   * Whether a bare model's outputs are of this layout. Cut heads are never guessed: a manifest says what they are.
   *
   * @param classCount number of class names the model came with; undefined when it came with none
   * @returns the number of classes, or undefined when the outputs do not fit
   */
  fit(
    outputs: readonly OutputShape[],
    classCount: number | undefined,
    input: { width: number; height: number },
  ): number | undefined;
  decode(outputs: Record<string, Tensor>, context: HeadContext, options: DecodeOptions, found: CandidateList): void;
  /** Every score of the grid; left out by heads that give a list instead of a grid. */
  scores?(outputs: Record<string, Tensor>, context: HeadContext): ScoreMap;
}

/** Whether N is the number of cells of a YOLO grid: three scales, with a P2 or P6 scale more, or the two of a tiny YOLOv3. */
export function isGridCount(count: number, input: { width: number; height: number }, perCell: number): boolean {
  return [
    [8, 16, 32],
    [4, 8, 16, 32],
    [8, 16, 32, 64],
    [16, 32],
  ].some((strides) => cellCount(input, strides) * perCell === count);
}

/** The single float output of an uncut head. */
export function floatOutput(outputs: Record<string, Tensor>): { data: Float32Array; dims: readonly number[] } {
  const tensor = Object.values(outputs)[0] as Tensor;
  return { data: tensor.data as Float32Array, dims: tensor.dims };
}
