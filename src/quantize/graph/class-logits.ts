import type { GraphEditor } from '../../onnx';
import { movementFamily } from './families/movement';
import type { HeadSplit } from './head';

const MOVES: ReadonlySet<string> = new Set(movementFamily.opTypes);

/**
 * The raw class scores of a detector, whatever its tail looks like: outputs of last convolutions that reach a Sigmoid with
 * nothing but moves between, and have one channel per class (or, with anchors, 5 + classes per anchor: there all of them
 * go through it). Where the box branch happens to have as many channels, it is the first of the two in the Concat that
 * joins them.
 *
 * @param shapes of the last convolutions' outputs
 */
export function findClassLogits(
  graph: GraphEditor,
  head: HeadSplit,
  shapes: ReadonlyMap<string, readonly number[]>,
  classCount: number,
): Set<string> {
  const channelsOf = (value: string): number => shapes.get(value)?.[1] ?? 0;
  const scored = head.lastConvs.map((node) => node.output[0]!).filter((value) => reachesSigmoid(value, graph));
  const plain = scored.filter((value) => channelsOf(value) === classCount);
  const candidates = plain.length > 0 ? plain : scored.filter((value) => channelsOf(value) % (5 + classCount) === 0);
  const isBox = (value: string): boolean =>
    graph.readers(value).some(({ opType, input }) => {
      const behind = opType === 'Concat' ? input.slice(input.indexOf(value) + 1) : [];
      return behind.some((other) => candidates.includes(other) && channelsOf(other) === channelsOf(value));
    });
  return new Set(candidates.filter((value) => !isBox(value)));
}

function reachesSigmoid(value: string, graph: GraphEditor): boolean {
  const seen = new Set<string>();
  const waiting = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    for (const { opType, output } of graph.readers(next)) {
      if (opType === 'Sigmoid') return true;
      if (MOVES.has(opType)) waiting.push(...output);
    }
  }
  return false;
}
