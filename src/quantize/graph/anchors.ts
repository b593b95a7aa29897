import { dimsOf, floatsOf, type TensorProto } from '../../onnx';
import { tailBehind, type CutContext } from './cut-heads';
import type { RawOutput } from './surgery';

/**
 * The anchor sizes of one scale of a YOLOv5 head, in pixels: a constant that box sizes are multiplied with, whose last axis
 * is width and height, with one pair per anchor repeated over all cells (or written once).
 *
 * @returns undefined when no constant of the head looks like anchors
 */
export function findAnchors(context: CutContext, conv: RawOutput, count: number): [number, number][] | undefined {
  for (const node of tailBehind(conv.value, context)) {
    if (node.opType !== 'Mul') continue;
    for (const value of node.input) {
      const constant = context.graph.constant(value);
      const anchors = constant && anchorsIn(constant, count, conv.rows * conv.columns);
      if (anchors) return anchors;
    }
  }
  return undefined;
}

function anchorsIn(constant: TensorProto, count: number, cells: number): [number, number][] | undefined {
  const dims = dimsOf(constant);
  if (dims.at(-1) !== 2) return undefined;
  const values = floatsOf(constant);
  const pairs = values.length / 2;
  if (pairs !== count && pairs !== count * cells) return undefined;
  const perAnchor = pairs / count;
  const anchors: [number, number][] = [];
  for (let anchor = 0; anchor < count; anchor++) {
    const start = anchor * perAnchor * 2;
    const [width, height] = [values[start]!, values[start + 1]!];
    for (let cell = 0; cell < perAnchor; cell++) {
      if (values[start + cell * 2] !== width || values[start + cell * 2 + 1] !== height) return undefined;
    }
    if (!(width > 1 && height > 1)) return undefined;
    anchors.push([width, height]);
  }
  return anchors;
}
