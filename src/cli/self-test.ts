import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expected } from '../contract/errors';
import { nonEmptyString } from '../contract/validate';
import { nms } from '../detect/nms';
import { Pipeline } from '../detect/pipeline';
import { chooseGolden, writeGoldenAnswers } from '../detect/self-test/golden-pictures';
import { Detector } from '../detector/detector';
import { listImages } from '../evaluate/map-dataset';
import { kernelsFor } from '../model/kernels';
import { resolveModelPath } from '../model/resolve';
import { action, note, type CommandResult, type RegisterCommand } from './command';

interface SelfTestOptions {
  model?: string;
  write?: string;
  json?: boolean;
}

/** Pictures that are looked at to find golden ones. */
const PICTURES_LOOKED_AT = 40;

async function selfTest({ model: given, write }: SelfTestOptions): Promise<CommandResult> {
  const model = resolveModelPath(nonEmptyString(given, '--model'), [process.cwd()]);
  if (write !== undefined) await writeAnew(resolve(model), nonEmptyString(write, '--write'));
  const detector = new Detector({ model, threads: 1 });
  try {
    const start = performance.now();
    const info = await detector.start();
    const startMs = performance.now() - start;
    if (info.selfTest === 'none')
      throw expected('a model folder with golden pictures', '--model', `${model}, which has none`);
    const { name, version, sha256, kernels } = info;
    return {
      json: { passed: true, model: { name, version, sha256, kernels }, startMs },
      text: `${name} ${version} answers its golden pictures as certified (kernels: ${kernels}; start ${startMs.toFixed(0)} ms)`,
    };
  } finally {
    await detector.stop();
  }
}

/** Golden pictures of a folder, and the answers that the model gives now by exact arithmetic. */
async function writeAnew(folder: string, images: string): Promise<void> {
  const pipeline = await Pipeline.open(folder, { kernels: 'exact', selfTest: false });
  try {
    const results = [];
    for (const path of (await listImages(images)).slice(0, PICTURES_LOOKED_AT)) {
      const { detections } = await pipeline.infer(await pipeline.prepare(await readFile(path)));
      results.push({ path, detections: nms(detections) });
    }
    const { way } = await kernelsFor('exact');
    const selfTest = await writeGoldenAnswers(pipeline, folder, chooseGolden(results), way);
    await writeFile(join(folder, 'manifest.json'), `${JSON.stringify({ ...pipeline.manifest, selfTest }, null, 2)}\n`);
    note(`Wrote self-test.json and self-test.png into ${folder}; a signature of its manifest must be made anew`);
  } finally {
    await pipeline.close();
  }
}

export const registerSelfTest: RegisterCommand = (program) => {
  program
    .command('self-test')
    .description('Start a model and ask its golden pictures: does this machine compute what was certified?')
    .option('--model <path>', 'a model folder')
    .option('--write <dir>', 'first choose golden pictures of this folder and note the answers given now')
    .option('--json', 'print one JSON document')
    .action(action(selfTest));
};
