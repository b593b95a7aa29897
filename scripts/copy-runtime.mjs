// Puts ONNX Runtime into dist/runtime as a station needs it: the CPU build for Linux on x64 and arm64. As a dependency its
// package has 220 MB of binaries for other systems, and an install script that on x64 downloads a GPU build: without the outside
// world that fails, and with it the whole installation in Node-RED's palette manager.
//
// Microsoft's files stay as they are, byte by byte. Their one import by name, onnxruntime-common, is resolved by Node's
// self-reference: the folder's package.json bears that name.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const modules = join(root, 'node_modules');
const runtime = join(root, 'dist', 'runtime');

/** What goes in, below node_modules; declarations, maps and the ES build are left out. */
const WANTED = [
  'onnxruntime-common/dist/cjs',
  'onnxruntime-node/dist',
  ...['x64', 'arm64'].map((arch) => `onnxruntime-node/bin/napi-v6/linux/${arch}`),
];
const UNUSED = /\.(d\.ts|map)$/;

const version = (name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version;

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !UNUSED.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

const versions = Object.fromEntries(['onnxruntime-node', 'onnxruntime-common'].map((name) => [name, version(name)]));
const stamp = `${JSON.stringify(
  {
    name: 'onnxruntime-common',
    version: versions['onnxruntime-common'],
    description: `ONNX Runtime ${versions['onnxruntime-node']} for Linux on x64 and arm64, on the CPU: files of onnxruntime-node and onnxruntime-common`,
    license: 'MIT',
    exports: { '.': './onnxruntime-common/dist/cjs/index.js' },
  },
  null,
  2,
)}\n`;

const manifest = join(runtime, 'package.json');
// 70 MB are copied once per version, not with every build
if (!existsSync(manifest) || readFileSync(manifest, 'utf8') !== stamp) {
  rmSync(runtime, { recursive: true, force: true });
  for (const folder of WANTED) {
    for (const file of filesBelow(join(modules, folder))) {
      const target = join(runtime, relative(modules, file));
      mkdirSync(dirname(target), { recursive: true });
      copyFileSync(file, target);
    }
  }
  copyFileSync(join(root, 'scripts', 'runtime-licence.txt'), join(runtime, 'LICENSE'));
  // last: what was interrupted is done again
  writeFileSync(manifest, stamp);
}
