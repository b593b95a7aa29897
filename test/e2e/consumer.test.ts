// The package as a TypeScript program sees it: installed, with the strictest settings, as an ES module and as CommonJS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { installPackage, type InstalledPackage } from '../helpers/installed-package';
import { ROOT } from '../helpers/root';

const NAME = '@edge-inspect/node-red-inspection';

/** What a consumer does with it: every export is used at least as a type, the functions for real. */
const PROGRAM = `
async function main(folder: string, modelFolder: string): Promise<void> {
  const detector: DetectorLike = createDetector({ model: modelFolder, threads: 1 });
  const model: ModelInfo = await detector.start();
  const pictures = (await readdir(join(folder, 'images'))).map((name) => join(folder, 'images', name));
  const outcome: DetectOutcome = await detector.detect({ image: await readFile(pictures[0]!) });
  await detector.stop();
  const options: EvaluateOptions = { model: modelFolder, images: join(folder, 'images'), labels: join(folder, 'labels') };
  const score: MeanAveragePrecision = await evaluate(options);
  const request: QuantizeRequest = { model: 'nothing.onnx', calibration: folder, out: join(folder, 'out') };
  let refused = '';
  await quantize(request).then(
    ({ certificate }: QuantizeResult) => (refused = certificate.verdict),
    (error: unknown) => (refused = error instanceof InspectionError ? error.code : 'another error'),
  );
  const detections: Detection[] = outcome.inspected ? outcome.detections : [];
  console.log(JSON.stringify({ model: model.name, detections: detections.length, map50: score.map50, refused, VERDICTS }));
}

export function describeMessage(
  message: Alert | VerdictRecord | StateMessage | ShadowReport | DisputedRecord | CalibrationResult | StatusMessage,
): string {
  if ('severity' in message) return message.event satisfies 'raised' | 'still there' | 'cleared' | 'summary';
  if ('verdict' in message) return message.verdict satisfies Verdict;
  if ('slopeKPerMin' in message) return message.station.cameras['top']?.['sent']?.toString() ?? message.state;
  return JSON.stringify(message);
}

void main(process.argv[2]!, process.argv[3]!);
`;

const VALUES = 'createDetector, evaluate, InspectionError, quantize, VERDICTS';
const TYPES = [
  'Alert, CalibrationResult, Detection, DetectorLike, DetectOutcome, DisputedRecord, EvaluateOptions, MeanAveragePrecision',
  'ModelInfo, QuantizeRequest, QuantizeResult, ShadowReport, StateMessage, StatusMessage, Verdict, VerdictRecord',
].join(', ');

/** Under verbatimModuleSyntax what is written is what is loaded: `import` in the one, `require` in the other. */
const IMPORTS: Record<string, string> = {
  'consumer.mts': `
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ${VALUES}, type ${TYPES.split(', ').join(', type ')} } from '${NAME}';
`,
  'consumer.cts': `
import fs = require('node:fs/promises');
import path = require('node:path');
import inspection = require('${NAME}');
const { readdir, readFile } = fs;
const { join } = path;
const { ${VALUES} } = inspection;
${TYPES.split(', ')
  .map((type) => `type ${type} = inspection.${type};`)
  .join('\n')}
`,
};

describe('the package in a TypeScript program', () => {
  let installed: InstalledPackage;
  before(() => {
    installed = installPackage();
    execFileSync(process.execPath, [
      ...[join(installed.packageDir, 'dist', 'src', 'cli', 'main.js'), 'simulate'],
      ...['--out', join(installed.userDir, 'boards'), '--count', '2'],
    ]);
    mkdirSync(join(installed.userDir, 'program'));
    const compilerOptions = {
      ...{ target: 'es2022', lib: ['es2023'], module: 'node16', strict: true, skipLibCheck: false },
      ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, verbatimModuleSyntax: true },
      ...{ noPropertyAccessFromIndexSignature: true, noImplicitOverride: true, isolatedModules: true },
      ...{ types: ['node'], typeRoots: [join(ROOT, 'node_modules', '@types')], outDir: 'out' },
    };
    const project = { compilerOptions, files: Object.keys(IMPORTS) };
    writeFileSync(join(installed.userDir, 'program', 'tsconfig.json'), JSON.stringify(project));
    for (const [file, imports] of Object.entries(IMPORTS)) {
      // a CommonJS module may not use \`export\` under verbatimModuleSyntax
      const program = file.endsWith('.cts') ? PROGRAM.replace('export function', 'function') : PROGRAM;
      const used = file.endsWith('.cts') ? '\nvoid describeMessage;\n' : '';
      writeFileSync(join(installed.userDir, 'program', file), imports + program + used);
    }
  });
  after(() => installed?.remove());

  it('compiles under the strictest settings, and works as an ES module and as CommonJS', () => {
    const program = join(installed.userDir, 'program');
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    try {
      execFileSync(process.execPath, [tsc, '-p', program], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      assert.fail((error as { stdout: string }).stdout);
    }
    const model = join(installed.packageDir, 'models', 'pcb-defects');
    for (const file of readdirSync(join(program, 'out')).filter((name) => /\.[mc]js$/.test(name))) {
      const args = [join(program, 'out', file), join(installed.userDir, 'boards'), model];
      const said = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Record<string, unknown>;
      assert.equal(said.model, 'pcb-defects', file);
      assert.ok((said.map50 as number) > 0.5, `${file}: mAP50 ${String(said.map50)}`);
      assert.deepEqual([said.refused, said.VERDICTS], ['MODEL_NOT_FOUND', ['PASS', 'FAIL', 'NOT_INSPECTED']], file);
    }
  });

  it('has its schemas under their names, and nothing else of its inside', () => {
    const resolve = (path: string) =>
      execFileSync(process.execPath, ['-p', `require.resolve(${JSON.stringify(`${NAME}/${path}`)})`], {
        cwd: join(installed.userDir, 'program'),
        encoding: 'utf8',
        stdio: 'pipe',
      }).trim();
    for (const file of readdirSync(join(ROOT, 'schemas'))) {
      assert.equal(readFileSync(resolve(`schemas/${file}`), 'utf8'), readFileSync(join(ROOT, 'schemas', file), 'utf8'));
    }
    assert.throws(() => resolve('dist/src/station/station.js'), /ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });
});
