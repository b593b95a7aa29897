import { clone } from '@bufbuild/protobuf';
import { GraphEditor, type ModelProto } from '../../onnx';
import { ModelProtoSchema } from '../../onnx/generated/onnx';
import { rawOutputs, type CutHead } from './cut-heads';
import { splitHead } from './head';
import type { InputLayout } from '../../contract/manifest';
import type { ChannelMeans } from './levers/bias-correction';
import type { QuantizationPlan } from './plan';
import { foldRelus, planQuantization } from './plan-graph';
import type { ActivationType, QuantizationParameters, Range } from '../calibrate/ranges/range';
import { cutHead, useByteInput } from './surgery';
import { parametersOf, writeQdq } from './write-qdq';

export interface RewriteOptions {
  inputName: string;
  inputHeight: number;
  inputWidth: number;
  /** Of the float model's input. */
  inputLayout: InputLayout;
  activationType: ActivationType;
  weightLimit: number;
  /** uint8 NHWC pixels instead of float planes. */
  byteInput: boolean;
  /** Given: ends the graph at the raw outputs of the head. */
  cut?: CutHead;
  /** Names of nodes that stay float. */
  keepFloat?: ReadonlySet<string>;
  /** Given: biases are corrected. */
  means?: ChannelMeans;
}

export interface Rewritten {
  model: ModelProto;
  /** Scale and zero point of every integer value. */
  parameters: ReadonlyMap<string, QuantizationParameters>;
}

/** A plan for a copy of the prepared model, with what falls away by quantization already dropped. */
export function planModel(
  prepared: ModelProto,
  options: Pick<RewriteOptions, 'inputName' | 'keepFloat'>,
): QuantizationPlan {
  const graph = new GraphEditor(clone(ModelProtoSchema, prepared));
  foldRelus(graph, splitHead(graph), options.keepFloat);
  return planQuantization(graph, { ...options, head: splitHead(graph) });
}

/**
 * The integer model: QDQ form, head cut and byte input as asked.
 *
 * @param prepared see prepareFloatModel; not changed
 * @param ranges of the values that the plan observes
 */
export function rewriteModel(
  prepared: ModelProto,
  ranges: ReadonlyMap<string, Range>,
  options: RewriteOptions,
): Rewritten {
  const plan = planModel(prepared, options);
  const { graph } = plan;
  const parameters = parametersOf(plan, ranges, options.activationType);
  writeQdq(plan, parameters, options);
  if (options.cut) cutHead(graph, rawOutputs(options.cut), options.activationType);
  if (options.byteInput) {
    useByteInput(graph, options);
  }
  graph.model.producerName = 'edge-inspect';
  return { model: graph.model, parameters };
}
