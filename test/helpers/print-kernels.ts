/** A program: what the kernels of the processor that it runs on do, as one JSON line; for tests on emulated processors. */
import { kernelsFor, nativeKernels } from '../../src/model/kernels';

async function main(): Promise<void> {
  const [byEnvironment, auto, exact] = [await kernelsFor(), await kernelsFor('auto'), await kernelsFor('exact')];
  process.stdout.write(`${JSON.stringify({ native: await nativeKernels(), byEnvironment, auto, exact })}\n`);
}

void main();
