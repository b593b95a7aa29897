import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expected } from '../contract/errors';

/** ncnn's own figure on this machine, for a model of its own format. */
export interface NcnnResult {
  /** Version of ncnn. */
  version: string;
  /** Name of the model's folder. */
  model: string;
  threads: number;
  /** Of the model alone, without picture and decoding. */
  latencyMs: { p50: number; p90: number; p99: number };
}

/** Files of Ultralytics' `export format=ncnn`. */
export const NCNN_FILES = { param: 'model.ncnn.param', bin: 'model.ncnn.bin' } as const;

const LIMIT_MS = 600_000;

/** What Python runs: it comes through stdin, the rest as arguments. Half precision wherever ncnn has it for this processor. */
const SCRIPT = `
import json, sys, time
import ncnn
import numpy as np
param, binary, size, threads, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
net = ncnn.Net()
net.opt.num_threads = threads
net.opt.use_vulkan_compute = False
net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = True
if net.load_param(param) != 0 or net.load_model(binary) != 0:
    sys.exit('ncnn does not load this model')
picture = ncnn.Mat(np.full((3, size, size), 0.5, dtype=np.float32))
times = []
for run in range(runs + 3):
    extractor = net.create_extractor()
    start = time.perf_counter()
    extractor.input(net.input_names()[0], picture)
    status, out = extractor.extract(net.output_names()[0])
    took = (time.perf_counter() - start) * 1000
    if status != 0:
        sys.exit('ncnn does not run this model')
    if run >= 3:
        times.append(took)
times.sort()
rank = lambda share: times[min(len(times) - 1, int(np.ceil(share * len(times))) - 1)]
print(json.dumps({'version': ncnn.__version__, 'p50': rank(0.5), 'p90': rank(0.9), 'p99': rank(0.99)}))
`;

/**
 * Runs a model of ncnn's with its Python module, where that is installed.
 *
 * @param folder with model.ncnn.param and model.ncnn.bin
 * @returns null where Python or the module is missing, or ncnn cannot run the model: `why` says so
 */
export async function measureNcnn(
  folder: string,
  { size, threads, runs, python = 'python3' }: { size: number; threads: number; runs: number; python?: string },
): Promise<{ result: NcnnResult | null; why: string }> {
  const [param, binary] = [join(folder, NCNN_FILES.param), join(folder, NCNN_FILES.bin)];
  if (!existsSync(param) || !existsSync(binary)) {
    throw expected(`a folder with ${NCNN_FILES.param} and ${NCNN_FILES.bin}`, '--ncnn', folder);
  }
  const { status, stdout, stderr } = await run(python, ['-', param, binary, ...[size, threads, runs].map(String)]);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status !== 0 || !line.startsWith('{')) {
    return { result: null, why: `ncnn was not measured: ${stderr.trim().split('\n').at(-1) || `status ${status}`}` };
  }
  const { version, ...latencyMs } = JSON.parse(line) as { version: string; p50: number; p90: number; p99: number };
  const name = folder.split('/').filter(Boolean).at(-1) ?? 'ncnn';
  return { result: { version, model: name, threads, latencyMs }, why: '' };
}

function run(program: string, args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: 'pipe' });
    // spawn's own limit would go on for ten minutes after a program that is not there
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    const end = (said: { status: number | null; stdout: string; stderr: string }) => {
      clearTimeout(limit);
      resolve(said);
    };
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (piece) => (stdout += String(piece)));
    child.stderr.on('data', (piece) => (stderr += String(piece)));
    child.stdin.on('error', () => undefined);
    child.on('error', (error) => end({ status: null, stdout: '', stderr: error.message }));
    child.on('close', (status) => end({ status, stdout, stderr }));
    child.stdin.end(SCRIPT);
  });
}
