import type { ModelManifest } from '../../contract/manifest';
import type { OutputSummary } from '../../contract/self-test';
import type { Tensor } from '../../model/session';

/** Digits that are kept of a mean: far below every tolerance. */
const ROUNDING = 1e5;

const rounded = (value: number): number => Math.round(value * ROUNDING) / ROUNDING;

/** Every raw output in a few numbers, by name. */
export function summariesOf(outputs: Record<string, Tensor>, manifest: ModelManifest): OutputSummary[] {
  const channelsLast = namesOfChannelsLast(manifest);
  return Object.entries(outputs)
    .map(([name, tensor]) => summaryOf(name, tensor, channelsLast.has(name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function namesOfChannelsLast({ head }: ModelManifest): Set<string> {
  const tensors = (head.outputs ?? []).flatMap(({ box, classes, all }) => [box, classes, all]);
  return new Set(tensors.flatMap((tensor) => (tensor?.layout === 'nhwc' ? [tensor.name] : [])));
}

/** @param channelsLast the channel is the last axis, else the second */
function summaryOf(name: string, tensor: Tensor, channelsLast: boolean): OutputSummary {
  const values = tensor.data as ArrayLike<number>;
  const dims = [...tensor.dims];
  const channels = (channelsLast ? dims[dims.length - 1] : dims[1]) ?? 1;
  const cells = Math.max(1, values.length / channels);
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) {
    const channel = channelsLast ? i % channels : Math.floor(i / cells) % channels;
    const value = Number(values[i]);
    sums[channel]! += value;
    squares[channel]! += value * value;
  }
  const means = Array.from(sums, (sum) => sum / cells);
  return {
    name,
    type: tensor.type,
    dims,
    means: means.map(rounded),
    deviations: means.map((mean, channel) => rounded(Math.sqrt(Math.max(0, squares[channel]! / cells - mean * mean)))),
  };
}
