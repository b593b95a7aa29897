import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { isExact, PROBE_CASES } from '../../src/model/kernel-probe';
import { kernelsFor } from '../../src/model/kernels';
import { runOnCpu, type EmulatedCpu } from '../helpers/emulated-cpu';

const PRINT_KERNELS = join(__dirname, '..', 'helpers', 'print-kernels.js');

async function kernelsOn(cpu: EmulatedCpu, env = {}): Promise<Record<string, unknown>> {
  return JSON.parse(await runOnCpu(cpu, PRINT_KERNELS, [], env)) as Record<string, unknown>;
}

describe('integer kernels', () => {
  it('are exact on the machine of the test, whatever it is', async () => {
    assert.equal((await kernelsFor()).kernels, 'exact');
    assert.equal((await kernelsFor('exact')).kernels, 'exact');
  });

  it('takes an answer for exact only when every value is', () => {
    const [stem] = PROBE_CASES;
    const right: number[] = Array.from({ length: stem!.outputs * 4 }, (_, i) =>
      Math.floor(i / 4) % 2 === 0 ? 228 : 28,
    );
    assert.ok(isExact(stem!, right));
    right[7] = 227;
    assert.ok(!isExact(stem!, right));
  });

  it('refuses a setting that is none', async () => {
    process.env.EDGE_INSPECT_KERNELS = 'fast';
    try {
      await assert.rejects(kernelsFor(), {
        message: 'Expected one of auto, native, exact for EDGE_INSPECT_KERNELS but received "fast"',
      });
    } finally {
      delete process.env.EDGE_INSPECT_KERNELS;
    }
  });
});

describe('integer kernels of other PCs', { skip: process.arch !== 'x64' && 'the emulator runs the x64 build' }, () => {
  it('are replaced on AVX2 without VNNI, where the own ones saturate, unless a test forces those', async () => {
    const found = await kernelsOn('Haswell', { EDGE_INSPECT_KERNELS: 'native' });
    assert.equal(found.native, 'saturating');
    const replaced = {
      kernels: 'exact',
      way: 'non-saturating integer kernels',
      runtime: { config: { 'session.x64quantprecision': '1' } },
    };
    assert.deepEqual(found.auto, replaced);
    assert.deepEqual(found.exact, replaced);
    assert.deepEqual(found.byEnvironment, { kernels: 'saturating', way: 'native integer kernels', runtime: {} });
  });

  it('are exact with SSE only, and left as they are', async () => {
    const found = await kernelsOn('Nehalem');
    assert.equal(found.native, 'exact');
    assert.deepEqual(found.auto, { kernels: 'exact', way: 'native integer kernels', runtime: {} });
  });
});
