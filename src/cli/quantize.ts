import { Option } from 'commander';
import { METHODS } from '../quantize/calibrate/ranges/methods';
import { QUANTIZE_DEFAULTS, readOptions } from '../quantize/options';
import { quantizeApart } from '../quantize/apart';
import type { QuantizeResult } from '../quantize/quantize';
import { OLD_TARGETS, TARGETS } from '../quantize/targets';
import { OVERLAP_OPTION, TILES_OPTION } from './tile-options';
import { action, note, type CommandResult, type RegisterCommand } from './command';
import { ProgressBar } from './progress-bar';

interface QuantizeFlags {
  json?: boolean;
  [option: string]: unknown;
}

async function quantizeModel({ json: _json, ...flags }: QuantizeFlags): Promise<CommandResult> {
  const options = readOptions(flags);
  const outdated = OLD_TARGETS[options.target];
  if (outdated) note(outdated);
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  // once: a second Ctrl-C ends the process the hard way
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const bar = new ProgressBar();
  try {
    const result = await quantizeApart(options, {
      signal: abort.signal,
      onProgress: ({ step, done }) => bar.update(done, step),
    });
    bar.stop();
    for (const { file, reason } of result.skipped) note(`skipped ${file}: ${reason}`);
    return {
      json: resultDocument(result),
      text: describe(result),
      ...(!result.published && { failed: refusedText(result) }),
    };
  } finally {
    bar.stop();
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

function refusedText({ certificate, refusal }: QuantizeResult): string {
  return `${certificate.verdict}; no model was written${refusal ? `, the report is ${refusal.html}` : ''}`;
}

function resultDocument({ out, manifest, certificate, skipped, published, refusal }: QuantizeResult): unknown {
  const { name, version, sha256, sizeBytes, recipe } = manifest;
  return {
    out: published ? out : null,
    published,
    model: { name, version, sha256, sizeBytes },
    recipe,
    certificate,
    skipped,
    ...(refusal && { refusal }),
  };
}

function describe({ out, certificate, published }: QuantizeResult): string {
  const { float, int8 } = certificate;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;
  const lines = [
    `size     ${megabytes(float.sizeBytes)} -> ${megabytes(int8.sizeBytes)}`,
    `latency  ${float.latencyMs.p50.toFixed(1)} ms -> ${int8.latencyMs.p50.toFixed(1)} ms (median, this machine)`,
  ];
  if (float.map50 !== undefined && int8.map50 !== undefined) {
    lines.push(
      `mAP50    ${(100 * float.map50).toFixed(1)} -> ${(100 * int8.map50).toFixed(1)} (${certificate.images} held-out pictures)`,
    );
  }
  if (published)
    lines.push(
      `${certificate.verdict}.`,
      `Wrote ${out}: model.onnx, manifest.json, class_names.txt, self-test.json, self-test.png, certificate.html`,
    );
  return lines.join('\n');
}

export const registerQuantize: RegisterCommand = (program) => {
  const defaults = QUANTIZE_DEFAULTS;
  program
    .command('quantize')
    .description('Turn a float32 detection model and pictures of the line into a certified INT8 model folder.')
    .option('--model <path>', 'float32 model: an .onnx file or a model folder')
    .option('--calibration <dir>', 'folder with pictures as the camera gives them')
    .option('--out <dir>', 'model folder to write')
    .option('--labels <dir>', 'YOLO labels of the pictures: certify mAP and recall instead of agreement')
    .option('--certify <dir>', 'pictures that the certificate is made on, instead of a share of the others')
    .option('--certify-labels <dir>', 'YOLO labels of those')
    .option('--region <x,y,w,h>', 'only this part of the upright pictures, pixels, as the camera-in has it')
    .option('--rotate <degrees>', 'turn the pictures clockwise: 0, 90, 180 or 270, as the camera-in does', '0')
    .option('--tiles <layout>', TILES_OPTION, defaults.tiles)
    .option('--tile-overlap <share>', OVERLAP_OPTION, String(defaults.tileOverlap))
    .option(
      '--set-thresholds <percent>',
      'choose the least confidence per class at which each class fails at most this percentage of the good parts',
    )
    .option('--good <dir>', 'pictures of good parts for that; calibration pictures labelled as empty count too')
    .option('--samples <n>', 'calibration pictures at most', String(defaults.samples))
    .addOption(new Option('--method <name>', 'how ranges are chosen').choices(METHODS).default(defaults.method))
    .addOption(new Option('--target <name>', 'CPU that the model is for').choices(TARGETS).default(defaults.target))
    .option('--hold-out <share>', 'share of the pictures kept for the certificate', String(defaults.holdOut))
    .option('--max-recall-loss <points>', 'points of 100 that a class may lose', String(defaults.maxRecallLoss))
    .option('--allow-uncertified', 'write the model although the held-out pictures show nothing')
    .option('--size <pixels>', 'input pixels per side, for models with dynamic axes')
    .option('--no-byte-input', 'keep the float input instead of uint8 pixels')
    .option('--no-cut-head', 'keep the float decode tail in the model')
    .option('--no-silu-cut', 'spread the range of SiLU inputs below -10 too')
    .option('--no-logit-cut', 'spread the range of class logits below -9 too')
    .option('--float-outputs', 'keep the last convolutions, whose outputs are decoded, float')
    .option('--bias-correction', 'correct biases by the mean of the rounding error of the weights')
    .option('--float-layers <n>', 'keep the n most sensitive convolutions float', String(defaults.floatLayers))
    .option('--latency-budget <percent>', 'keep as many layers float as a run on this machine may take longer')
    .option('--augment', "add each picture in the look of another camera's image processor")
    .option('--threads <n>', 'of calibration and certificate; 0: one per core, at most 4', String(defaults.threads))
    .option('--name <name>', "name in the manifest; default: the float model's")
    .option('--model-version <version>', "version in the manifest; default: today's date")
    .option('--json', 'print one JSON document')
    .action(action(({ modelVersion, ...flags }: QuantizeFlags) => quantizeModel({ ...flags, version: modelVersion })));
};
