import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expected } from '../contract/errors';

/** ONNX Runtime as the build puts it into the package, seen from dist/src/model: see scripts/copy-runtime.mjs. */
const SHIPPED = join(__dirname, '..', '..', 'runtime', 'onnxruntime-node', 'dist', 'index.js');
/** Machines that it is shipped for. */
const MACHINES = ['linux x64', 'linux arm64'];

type OnnxRuntime = typeof import('onnxruntime-node');

function load(): OnnxRuntime {
  const machine = `${process.platform} ${process.arch}`;
  const load = createRequire(__filename);
  if (MACHINES.includes(machine)) return load(SHIPPED) as OnnxRuntime;
  try {
    // a developer's machine: the clone has the runtime for all of them
    return load('onnxruntime-node') as OnnxRuntime;
  } catch {
    throw expected('Linux on a 64-bit Intel, AMD or ARM processor', 'the machine', machine);
  }
}

/** The one place that loads onnxruntime-node. */
export const onnxruntime = load();
