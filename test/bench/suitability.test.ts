import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeMachine, dotProductOf, featuresIn, type Machine } from '../../src/bench/machine';
import { percentilesOf } from '../../src/kit/percentiles';
import { suitabilityWarnings } from '../../src/bench/suitability';

const PI_5 = 'processor\t: 0\nFeatures\t: fp asimd aes atomics asimdrdm lrcpc dcpop asimddp\nCPU part\t: 0xd0b\n';
const XEON = 'model name\t: Xeon\nflags\t\t: fpu sse2 avx2 avx512f avx512_vnni\n';
const OLD_PC = 'model name\t: i7\nflags\t\t: fpu sse2 avx2\n';

const machine = (arch: string, cpuinfo: string): Pick<Machine, 'arch' | 'dotProduct'> & Machine => ({
  ...describeMachine('/nowhere'),
  arch,
  dotProduct: dotProductOf(featuresIn(cpuinfo)),
});

describe('which model suits which processor', () => {
  it('finds the byte dot product in /proc/cpuinfo', () => {
    assert.equal(dotProductOf(featuresIn(PI_5)), 'asimddp');
    assert.equal(dotProductOf(featuresIn(XEON)), 'vnni');
    assert.equal(dotProductOf(featuresIn(OLD_PC)), 'none');
    assert.equal(dotProductOf(featuresIn('')), 'none');
  });

  const portable = { activations: 'uint8', largestWeight: 127 } as const;
  const narrow = { activations: 'uint8', largestWeight: 63 } as const;
  const signed = { activations: 'int8', largestWeight: 127 } as const;
  const float = { activations: 'none', largestWeight: 0 } as const;

  const exact = { native: 'exact', used: 'exact' } as const;
  const replaced = { native: 'saturating', used: 'exact' } as const;
  const saturating = { native: 'saturating', used: 'saturating' } as const;

  for (const [what, form, arch, cpuinfo, kernels, warning] of [
    ['a portable model on a Pi 5', portable, 'arm64', PI_5, exact, undefined],
    ['a portable model on VNNI', portable, 'x64', XEON, exact, undefined],
    ['a portable model on plain AVX2', portable, 'x64', OLD_PC, replaced, /results are exact/],
    ['a portable model where nothing helps', portable, 'x64', OLD_PC, saturating, /results are wrong/],
    ['a portable model under masked flags', portable, 'x64', OLD_PC, exact, undefined],
    ['a 7-bit model on plain AVX2', narrow, 'x64', OLD_PC, replaced, undefined],
    ['int8 activations on x64', signed, 'x64', XEON, exact, /slower than float32/],
    ['int8 activations on a Pi 5', signed, 'arm64', PI_5, exact, undefined],
    ['a float model on plain AVX2', float, 'x64', OLD_PC, replaced, undefined],
    ['a portable model on a Pi 4', portable, 'arm64', 'Features : fp asimd', exact, /gains little/],
  ] as const) {
    it(`${warning ? 'warns of' : 'accepts'} ${what}`, () => {
      const found = suitabilityWarnings(form, machine(arch, cpuinfo), kernels);
      assert.equal(found.length, warning ? 1 : 0);
      if (warning) assert.match(found[0]!, warning);
    });
  }

  it('takes nearest-rank percentiles', () => {
    const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
    assert.deepEqual(percentilesOf(hundred), { p50: 50, p90: 90, p99: 99 });
    assert.deepEqual(percentilesOf([7]), { p50: 7, p90: 7, p99: 7 });
    assert.deepEqual(percentilesOf([]), { p50: 0, p90: 0, p99: 0 });
  });
});
