import { InspectionError } from '../../contract/errors';
import { dimsOf, int64Tensor, intAttribute, intsAttribute, type ModelProto, type NodeProto } from '../../onnx';

/** Scales per channel (DequantizeLinear with an axis) came with this operator set. */
const LEAST = 13;
/** Older ones differ in more than is rewritten here. */
const OLDEST = 11;

/** Attributes that became an input with operator set 13. */
const BECAME_INPUT: Readonly<Record<string, string>> = {
  Split: 'split',
  Squeeze: 'axes',
  Unsqueeze: 'axes',
  ReduceSum: 'axes',
};

/**
 * Raises the operator set of a prepared model to 13, which scales per channel need; newer models stay as they are.
 *
 * @param model changed in place
 * @throws InspectionError MODEL_UNSUPPORTED below 11, and where an operator means something else in 13
 */
export function upgradeOperatorSet(model: ModelProto): void {
  const own = model.opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx');
  const version = Number(own?.version ?? 0);
  if (!own || version >= LEAST) return;
  if (version < OLDEST) throw tooOld(version, 'operators that mean something else by now');
  const graph = model.graph!;
  for (const node of graph.node) {
    const attribute = BECAME_INPUT[node.opType];
    const values = attribute === undefined ? undefined : intsAttribute(node, attribute);
    if (attribute !== undefined && values !== undefined) {
      const name = `${node.output[0]}:${attribute}`;
      graph.initializer.push(int64Tensor(name, [values.length], values));
      node.input = [node.input[0]!, name];
      node.attribute = node.attribute.filter((each) => each.name !== attribute);
    }
    if (/^(Log)?Softmax$/.test(node.opType) && !isOverLastAxis(node, model)) {
      throw tooOld(version, `a ${node.opType} over several axes`);
    }
  }
  own.version = BigInt(LEAST);
}

/**
 * Before 13 a Softmax ran over all axes from the given one on; over the last axis that is the same. Without a rank to compare
 * with, −1 and the axis that a Transpose put last count.
 */
function isOverLastAxis(node: NodeProto, model: ModelProto): boolean {
  const axis = intAttribute(node, 'axis', 1);
  if (axis === -1) return true;
  const maker = model.graph!.node.find(({ output }) => output.includes(node.input[0]!));
  if (maker === undefined) return false;
  const rank = maker.opType === 'Transpose' ? intsAttribute(maker, 'perm')?.length : rankOfReshape(maker, model);
  if (rank === undefined || axis !== rank - 1) return false;
  node.attribute = node.attribute.filter(({ name }) => name !== 'axis');
  return true;
}

function rankOfReshape(node: NodeProto, model: ModelProto): number | undefined {
  if (node.opType !== 'Reshape') return undefined;
  const shape = model.graph!.initializer.find(({ name }) => name === node.input[1]);
  return shape && dimsOf(shape)[0];
}

function tooOld(version: number, why: string): InspectionError {
  return new InspectionError(
    'MODEL_UNSUPPORTED',
    `Expected a model of operator set ${LEAST} or later but received ${version}, with ${why}: export it again with opset=17`,
  );
}
