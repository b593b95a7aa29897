import { writeFileSync } from 'node:fs';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { encodeOnnx } from '../../src/onnx';
import {
  AttributeProto_AttributeType,
  ModelProtoSchema,
  TensorProto_DataType,
  type AttributeProtoSchema,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from '../../src/onnx/generated/onnx';

/** Input pixels per side. */
export const TINY_SIZE = 64;

/** Pixels per cell of the three scales that every YOLO grid has; here only the middle one ever scores. */
const STRIDES = [8, 16, 32];
const SPEAKING_STRIDE = 16;
const CELLS = STRIDES.reduce((sum, stride) => sum + (TINY_SIZE / stride) ** 2, 0);

export const TINY_CLASSES = ['red', 'green', 'blue'];

export interface TinyModelOptions {
  /** What is written into the metadata as names; `null` leaves the metadata out. */
  names?: string[] | null;
  /** A symbolic width and height, like a `dynamic=True` export. */
  dynamic?: boolean;
  /** A convolution over this many channels is put in front and added with weight 0: makes a run slower. */
  ballastChannels?: number;
  /** Class ids that this model never sees: a worse model that loads and runs like the good one. */
  blind?: number[];
}

/**
 * A whole detection model of a few hundred bytes in the YOLOv8 layout: float32 [1, 3, 64, 64] → [1, 4 + 3, 84]. It looks
 * at a grid of 4 × 4 cells of 16 pixels; a cell full of pure red scores 1 for class 0, green for 1, blue for 2; grey and white score 0.
 * Its boxes are the cells. So the right answer for any picture can be told by head.
 */
export function tinyModel(options: TinyModelOptions = {}): Uint8Array {
  const names = options.names === undefined ? TINY_CLASSES : options.names;
  const side = options.dynamic ? undefined : TINY_SIZE;
  const ballast = options.ballastChannels ?? 0;
  return encodeOnnx(
    create(ModelProtoSchema, {
      irVersion: 8n,
      opsetImport: [{ domain: '', version: 13n }],
      metadataProps:
        names === null
          ? []
          : [
              { key: 'names', value: `{${names.map((name, index) => `${index}: '${name}'`).join(', ')}}` },
              { key: 'imgsz', value: `[${TINY_SIZE}, ${TINY_SIZE}]` },
            ],
      graph: {
        name: 'tiny',
        input: [value('images', [1, 3, side, side])],
        output: [value('output0', [1, 4 + TINY_CLASSES.length, side && CELLS])],
        initializer: [
          // each colour less the mean of the two others: 0 for anything grey
          floats(
            'purity',
            [3, 3, 1, 1],
            [1, -0.5, -0.5, -0.5, 1, -0.5, -0.5, -0.5, 1].map((weight, index) =>
              options.blind?.includes(Math.floor(index / 3)) ? 0 : weight,
            ),
          ),
          ...STRIDES.map((stride) => floats(`volume${stride}`, [], [stride === SPEAKING_STRIDE ? 1 : 0])),
          floats('boxes', [1, 4, CELLS], gridBoxes()),
          { name: 'flat', dims: [3n], dataType: TensorProto_DataType.INT64, int64Data: [1n, 3n, -1n] },
          ...(ballast > 0
            ? [
                floats('widen', [ballast, 3, 3, 3], new Array<number>(ballast * 27).fill(0.01)),
                floats('mix', [ballast, ballast, 3, 3], new Array<number>(ballast * ballast * 9).fill(0.001)),
                floats('narrow', [3, ballast, 1, 1], new Array<number>(3 * ballast).fill(0)),
              ]
            : []),
        ],
        node: [
          ...(ballast > 0
            ? [
                node('Conv', ['images', 'widen'], 'wide', [ints('pads', [1, 1, 1, 1])]),
                node('Conv', ['wide', 'mix'], 'mixed', [ints('pads', [1, 1, 1, 1])]),
                node('Conv', ['mixed', 'narrow'], 'nothing'),
                node('Add', ['images', 'nothing'], 'picture'),
              ]
            : [node('Identity', ['images'], 'picture')]),
          node('Conv', ['picture', 'purity'], 'colours'),
          node('Relu', ['colours'], 'positive'),
          ...STRIDES.flatMap((stride) => [
            node('AveragePool', ['positive'], `cells${stride}`, [
              ints('kernel_shape', [stride, stride]),
              ints('strides', [stride, stride]),
            ]),
            node('Reshape', [`cells${stride}`, 'flat'], `row${stride}`),
            node('Mul', [`row${stride}`, `volume${stride}`], `scores${stride}`),
          ]),
          node(
            'Concat',
            STRIDES.map((stride) => `scores${stride}`),
            'scores',
            [int('axis', 2)],
          ),
          node('Concat', ['boxes', 'scores'], 'output0', [int('axis', 1)]),
        ],
      },
    }),
  );
}

/** Writes the model and gives the path back. */
export function writeTinyModel(path: string, options?: TinyModelOptions): string {
  writeFileSync(path, tinyModel(options));
  return path;
}

/** Four rows (centre x, centre y, width, height), one column per cell. */
function gridBoxes(): number[] {
  const cells = STRIDES.flatMap((stride) => {
    const columns = TINY_SIZE / stride;
    return Array.from({ length: columns ** 2 }, (_, index) => ({
      x: ((index % columns) + 0.5) * stride,
      y: (Math.floor(index / columns) + 0.5) * stride,
      stride,
    }));
  });
  const sizes = cells.map(({ stride }) => stride);
  return [...cells.map(({ x }) => x), ...cells.map(({ y }) => y), ...sizes, ...sizes];
}

type Init<Schema extends Parameters<typeof create>[0]> = MessageInitShape<Schema>;

function node(
  opType: string,
  input: string[],
  output: string,
  attribute: Init<typeof AttributeProtoSchema>[] = [],
): Init<typeof NodeProtoSchema> {
  return { opType, name: output, input, output: [output], attribute };
}

function ints(name: string, values: number[]): Init<typeof AttributeProtoSchema> {
  return { name, type: AttributeProto_AttributeType.INTS, ints: values.map(BigInt) };
}

function int(name: string, i: number): Init<typeof AttributeProtoSchema> {
  return { name, type: AttributeProto_AttributeType.INT, i: BigInt(i) };
}

function floats(name: string, dims: number[], floatData: number[]): Init<typeof TensorProtoSchema> {
  return { name, dims: dims.map(BigInt), dataType: TensorProto_DataType.FLOAT, floatData };
}

function value(name: string, dims: (number | undefined)[]): Init<typeof ValueInfoProtoSchema> {
  const dim = dims.map((size, index) =>
    size === undefined
      ? { value: { case: 'dimParam' as const, value: `${name}_${index}` } }
      : { value: { case: 'dimValue' as const, value: BigInt(size) } },
  );
  return {
    name,
    type: { value: { case: 'tensorType', value: { elemType: TensorProto_DataType.FLOAT, shape: { dim } } } },
  };
}
