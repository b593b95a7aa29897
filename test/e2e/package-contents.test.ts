import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { packTarball } from '../helpers/installed-package';
import { ROOT } from '../helpers/root';

interface PackageJson {
  'node-red': { nodes: Record<string, string> };
  bin: Record<string, string>;
}

describe('the npm package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pack-'));
  let files: string[] = [];
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as PackageJson;

  before(() => {
    const list = execFileSync('tar', ['tzf', packTarball(folder)], { encoding: 'utf8', maxBuffer: 1e8 });
    files = list
      .trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has for every node: code, dialog, icon, and English help and captions, where the loader looks for them', () => {
    for (const path of Object.values(manifest['node-red'].nodes)) {
      const stem = basename(path, '.js');
      const beside = dirname(path);
      const wanted = [
        path,
        `${beside}/${stem}.html`,
        `${beside}/locales/en-US/${stem}.json`,
        `${beside}/locales/en-US/${stem}.html`,
      ];
      if (!stem.endsWith('-model')) wanted.push(`${beside}/icons/${stem}.svg`);
      for (const file of wanted) assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  it('has the command line, schemas, examples, licence', () => {
    for (const file of [manifest.bin['edge-inspect'] as string, 'LICENSE', 'README.md', 'CHANGELOG.md']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    for (const pattern of [
      /^schemas\/model-manifest\.schema\.json$/,
      /^schemas\/defect-alert\.schema\.json$/,
      /^examples\/01 - /,
      /^examples\/02 - /,
    ]) {
      assert.ok(
        files.some((file) => pattern.test(file)),
        `${pattern} is missing`,
      );
    }
  });

  it('has the training recipe, and the float model that calibration and training begin with', () => {
    for (const file of ['models/training/train.py', 'models/pcb-defects/fp32/model.onnx']) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  it('has nothing that must not ship: tests, the lab, runs of trainings, foreign weights, pictures of data sets', () => {
    const foreign = files.filter(
      (file) =>
        /^dist\/(test|lab)\//.test(file) ||
        /(^|\/)(node_modules|\.cache|runs|__pycache__)\//.test(file) ||
        /yolov8n.*\.onnx$|\.(jpe?g|pt|pyc)$/i.test(file) ||
        (/\.onnx$/.test(file) && !/^models\/[^/]+\/(fp32\/)?model\.onnx$/.test(file)),
    );
    assert.deepEqual(foreign, []);
  });
});
