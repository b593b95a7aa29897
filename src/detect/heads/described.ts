import { expected } from '../../contract/errors';
import type { CutTensor, ModelManifest } from '../../contract/manifest';
import type { Tensor } from '../../model/session';
import type { HeadContext } from './head';

type Outputs = Record<string, Tensor>;

const listed = (outputs: Outputs): string =>
  Object.entries(outputs)
    .map(([name, { type, dims }]) => `${name} ${type} [${dims.join(', ')}]`)
    .join(', ') || 'no outputs';

/**
 * Refuses a model whose first answer is not what its manifest says it is: other outputs would be read as boxes, or nothing
 * would ever be found, without any error.
 *
 * @param outputs as the model really gave them
 * @throws InspectionError MODEL_INVALID *Expected … for … but received …*
 */
export function assertDescribed(manifest: HeadContext, outputs: Outputs): void {
  const { head } = manifest;
  if (head.layout === 'cut-yolov8') return assertCutYolov8(manifest, outputs);
  if (head.layout === 'cut-yolov5') return assertCutYolov5(manifest, outputs);
  const [output] = Object.values(outputs);
  const fits =
    Object.keys(outputs).length === 1 &&
    output?.type === 'float32' &&
    output.dims.length === 3 &&
    output.dims[0] === 1 &&
    WHOLE[head.layout].fits(output.dims, manifest.classNames.length);
  if (fits) return;
  const wanted = `one output float32 ${WHOLE[head.layout].shape(manifest.classNames.length)}`;
  throw expected(`${wanted} as the manifest says`, 'the answer of the model', listed(outputs), 'MODEL_INVALID');
}

/** Heads with one output: which shapes they have. */
const WHOLE: Record<
  'yolov8' | 'yolov5' | 'end-to-end' | 'rt-detr' | 'rt-detr-list' | 'yolox',
  { fits(dims: readonly number[], classes: number): boolean; shape(classes: number): string }
> = {
  yolov8: { fits: ([, rows], classes) => rows === 4 + classes, shape: (classes) => `[1, ${4 + classes}, cells]` },
  yolov5: {
    fits: ([, , columns], classes) => columns === 5 + classes,
    shape: (classes) => `[1, anchors, ${5 + classes}]`,
  },
  'end-to-end': { fits: ([, , columns]) => columns === 6, shape: () => '[1, rows, 6]' },
  'rt-detr': {
    fits: ([, , columns], classes) => columns === 4 + classes,
    shape: (classes) => `[1, queries, ${4 + classes}]`,
  },
  'rt-detr-list': { fits: ([, , columns]) => columns === 6, shape: () => '[1, queries, 6]' },
  yolox: {
    fits: ([, , columns], classes) => columns === 5 + classes,
    shape: (classes) => `[1, cells, ${5 + classes}]`,
  },
};

function assertCutYolov8({ head, classNames, input }: HeadContext, outputs: Outputs): void {
  for (const { stride, box, classes } of head.outputs ?? []) {
    if (!box || !classes) throw expected('a box and a classes tensor', where(stride), 'none', 'MODEL_INVALID');
    const grid = gridOf(input, stride);
    assertTensor(outputs, box, { ...grid, channels: 4 * (head.regMax ?? 16) });
    assertTensor(outputs, classes, { ...grid, channels: classNames.length });
  }
}

function assertCutYolov5({ head, classNames, input }: HeadContext, outputs: Outputs): void {
  (head.outputs ?? []).forEach(({ stride, all }, index) => {
    const anchors = head.anchors?.[index];
    if (!all || !anchors) throw expected('an output and anchors', where(stride), 'none', 'MODEL_INVALID');
    assertTensor(outputs, all, { ...gridOf(input, stride), channels: anchors.length * (5 + classNames.length) });
  });
}

const where = (stride: number): string => `stride ${stride} of the cut head in the manifest`;

interface Grid {
  rows: number;
  columns: number;
}

function gridOf({ width, height }: ModelManifest['input'], stride: number): Grid {
  return { rows: Math.ceil(height / stride), columns: Math.ceil(width / stride) };
}

function assertTensor(
  outputs: Outputs,
  described: CutTensor,
  { rows, columns, channels }: Grid & { channels: number },
) {
  const { name, layout, type, scale = 1 } = described;
  const tensor = Object.hasOwn(outputs, name) ? outputs[name] : undefined;
  const dims = layout === 'nhwc' ? [1, rows, columns, channels] : [1, channels, rows, columns];
  const received = tensor && `${tensor.type} [${tensor.dims.join(', ')}]`;
  const wanted = `${type} [${dims.join(', ')}]`;
  if (received !== wanted) {
    throw expected(
      `${wanted} as the manifest says`,
      `the output ${name} of the model`,
      received ?? listed(outputs),
      'MODEL_INVALID',
    );
  }
  // JSON has no infinity, but 1e999 reads as one
  if (!Number.isFinite(scale))
    throw expected('a finite scale', `the output ${name} in the manifest`, scale, 'MODEL_INVALID');
}
