import { createHash } from 'node:crypto';
import { parse } from 'node:path';
import { parseTiling } from '../contract/tiling';
import { viewOf } from '../contract/view';
import type { ModelManifest } from '../contract/manifest';
import type { Built } from './build';
import type { CalibrationSet } from './calibrate/calibration-set';
import { manifestHead } from './graph/cut-heads';
import type { QuantizeOptions } from './options';

/** The manifest of the INT8 model, still without its certificate. */
export function describeInt8(
  options: QuantizeOptions,
  float: ModelManifest,
  built: Built,
  set: CalibrationSet,
): ModelManifest {
  const { activationType, byteInput } = built.options;
  const createdAt = new Date().toISOString();
  // raw outputs of layers that stay float come as the runtime has them
  const describe = ({ name, value }: { name: string; value: string }) => {
    const integers = built.parameters.get(value);
    if (!integers) return { name, layout: 'nchw' as const, type: 'float32' as const };
    return { name, layout: 'nhwc' as const, type: activationType, ...integers };
  };
  return {
    manifestVersion: 1,
    name: options.name ?? parse(float.name).name,
    version: options.version ?? createdAt.slice(0, 10),
    sha256: sha256Of(built.bytes),
    sizeBytes: built.bytes.byteLength,
    createdAt,
    precision: built.options.keepFloat?.size ? 'mixed' : 'int8',
    input: byteInput ? { ...float.input, layout: 'nhwc', type: 'uint8' } : float.input,
    head: built.cut ? manifestHead(built.cut, describe) : float.head,
    classNames: float.classNames,
    ...(float.thresholds && { thresholds: float.thresholds }),
    recipe: recipeOf(options, float, set, built.options.keepFloat?.size ?? 0),
  };
}

/** Everything that decided what came out. */
function recipeOf(
  options: QuantizeOptions,
  float: ModelManifest,
  set: CalibrationSet,
  keptFloat: number,
): Record<string, unknown> {
  const { method, target, byteInput, cutHead, siluCut, logitCut, floatOutputs } = options;
  const { biasCorrection, floatLayers, augment } = options;
  const { region, rotate } = options;
  const ranges = { method, siluCut, logitCut };
  const recipe = { ...ranges, target, byteInput, cutHead, floatOutputs, biasCorrection, floatLayers, augment };
  const view = viewOf({ region, rotate });
  const tiling = parseTiling(options.tiles, options.tileOverlap);
  return {
    tool: 'edge-inspect quantize',
    ...recipe,
    ...(options.latencyBudget !== undefined && { latencyBudget: options.latencyBudget, keptFloat }),
    ...(view && { view }),
    ...(tiling && { tiles: options.tiles, tileOverlap: tiling.overlap }),
    sha256: sha256Of(Buffer.from(JSON.stringify(recipe))),
    source: { name: float.name, version: float.version, sha256: float.sha256 },
    calibrationSet: {
      images: set.calibration.length,
      sha256: set.sha256,
      heldOut: set.heldOut.length,
      skipped: set.skipped.length,
      duplicates: set.duplicates,
    },
  };
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
