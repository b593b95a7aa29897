import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expected } from '../../src/contract/errors';
import { checkManifest } from '../../src/model/manifest';
import { decodeOnnx, encodeOnnx, floatsOf, GraphEditor, int32Tensor, integersOf, type NodeProto } from '../../src/onnx';

/** A class logit below this never fires: its sigmoid is 2e-22. */
const NEVER = -50;

/** The convolution that makes a class output; on the way there are at most a QuantizeLinear and a Transpose. */
function classConvolution(graph: GraphEditor, output: string): NodeProto {
  let node = graph.producer(output);
  while (node !== undefined && node.opType !== 'Conv') node = graph.producer(node.input[0] ?? '');
  if (node === undefined) throw expected('a convolution', `the class output ${output}`, 'none', 'MODEL_UNSUPPORTED');
  return node;
}

/** Makes the biases of some channels so low that they never fire; all other weights stay as they are, to the bit. */
function silence(graph: GraphEditor, convolution: NodeProto, channels: number[]): void {
  const dequantize = graph.producer(convolution.input[2] ?? '');
  const [bias, scale] = (dequantize?.input ?? []).map((name) => graph.constant(name));
  if (dequantize?.opType !== 'DequantizeLinear' || bias === undefined || scale === undefined) {
    throw expected(
      'an int32 bias with its scale',
      `the convolution ${convolution.name}`,
      'another',
      'MODEL_UNSUPPORTED',
    );
  }
  const values = integersOf(bias);
  const scales = floatsOf(scale);
  for (const channel of channels) {
    const steps = Math.round(NEVER / (scales[channel % scales.length] as number));
    values[channel] = Math.max(-(2 ** 30), steps);
  }
  const { initializer } = graph.graph;
  initializer[initializer.indexOf(bias)] = int32Tensor(bias.name, [values.length], values);
}

/**
 * Writes a model folder that is another one, blind to some classes: a real model that loads and runs like the good one.
 *
 * @param from an INT8 model folder with a cut YOLOv8 head, as `edge-inspect quantize` makes it
 * @throws InspectionError MODEL_UNSUPPORTED for another head
 */
export async function writeBlinded(
  from: string,
  to: string,
  name: string,
  blindTo: readonly string[],
): Promise<string> {
  const file = join(from, 'model.onnx');
  const model = decodeOnnx(await readFile(file), file);
  // neither what was certified nor what it answered to the golden pictures is true of the blinded one
  const {
    certificate: _theirs,
    selfTest: _answers,
    ...manifest
  } = checkManifest(JSON.parse(await readFile(join(from, 'manifest.json'), 'utf8')), from);
  if (manifest.head.layout !== 'cut-yolov8')
    throw expected('a cut YOLOv8 head', from, manifest.head.layout, 'MODEL_UNSUPPORTED');
  const channels = blindTo.map((label) => manifest.classNames.indexOf(label));
  if (channels.includes(-1)) throw expected(`classes of ${manifest.classNames.join(', ')}`, from, blindTo.join(', '));
  const graph = new GraphEditor(model);
  for (const { classes } of manifest.head.outputs ?? []) {
    silence(graph, classConvolution(graph, classes?.name ?? ''), channels);
  }
  const bytes = encodeOnnx(model);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  await mkdir(to, { recursive: true });
  await writeFile(join(to, 'model.onnx'), bytes);
  await writeFile(
    join(to, 'manifest.json'),
    JSON.stringify({ ...manifest, name, sha256, sizeBytes: bytes.byteLength }),
  );
  return to;
}
