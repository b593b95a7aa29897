/** Processors that stand for machines we do not have: one row each. */
export interface Machine {
  /** What it stands for in the field. */
  standsFor: string;
  qemu: 'qemu-x86_64' | 'qemu-aarch64';
  /** The emulator's name of the processor, less what the emulator would complain about on stderr at every start. */
  cpu: string;
  /**
   * What /proc/cpuinfo says there, one core of `cores`. The emulator hands on this machine's own file, which would tell the
   * product, and the runtime, of instructions that the emulated processor does not have.
   */
  cpuinfo: Record<string, string>;
  /** After the cores. */
  board?: Record<string, string>;
  cores: number;
}

const SSE4 =
  'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ht syscall nx rdtscp lm ' +
  'constant_tsc rep_good nopl pni pclmulqdq ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm';
const AVX = `${SSE4} aes xsave avx`;
const AVX2 = `${AVX} fma movbe f16c rdrand abm fsgsbase bmi1 avx2 smep bmi2 erms`;

const x64 = (vendor: string, family: number, model: number, name: string, flags: string): Machine['cpuinfo'] => ({
  vendor_id: vendor,
  'cpu family': String(family),
  model: String(model),
  'model name': name,
  flags,
});

/**
 * The emulator has neither AVX512 nor VNNI (QEMU's own translation, all versions up to 10): processors with them are this
 * machine's, or nobody's.
 */
export const MACHINES = {
  nehalem: {
    standsFor: 'SSE4.2 without AVX: old PCs, Celeron and Atom, virtual machines of the type x86-64-v2',
    qemu: 'qemu-x86_64',
    cpu: 'Nehalem',
    cpuinfo: x64('GenuineIntel', 6, 26, 'Intel Core i7 9xx (emulated)', SSE4),
    cores: 2,
  },
  'sandy-bridge': {
    standsFor: 'AVX without AVX2: Intel of 2011 to 2013',
    qemu: 'qemu-x86_64',
    cpu: 'SandyBridge,-x2apic,-tsc-deadline',
    cpuinfo: x64('GenuineIntel', 6, 42, 'Intel Xeon E312xx (emulated)', AVX),
    cores: 2,
  },
  haswell: {
    standsFor: 'AVX2 without VNNI: Intel Core before its 12th generation, most PCs in control cabinets',
    qemu: 'qemu-x86_64',
    cpu: 'Haswell-noTSX,-pcid,-x2apic,-tsc-deadline,-invpcid',
    cpuinfo: x64('GenuineIntel', 6, 60, 'Intel Core Processor (Haswell, emulated)', AVX2),
    cores: 2,
  },
  'epyc-rome': {
    standsFor: 'AVX2 without VNNI: AMD before Zen 4',
    qemu: 'qemu-x86_64',
    // prettier-ignore
    cpu: 'EPYC-Rome,-rdseed,-sha-ni,-rdpid,-xsavec,-xsaves,-3dnowprefetch,-misalignsse,-osvw,-perfctr-core,-topoext,-fxsr-opt,-amd-stibp,-clzero,-ibpb,-wbnoinvd,-xsaveerptr,-nrip-save',
    cpuinfo: x64('AuthenticAMD', 23, 49, 'AMD EPYC-Rome Processor (emulated)', AVX2),
    cores: 2,
  },
  'cortex-a76': {
    standsFor: 'Raspberry Pi 5',
    qemu: 'qemu-aarch64',
    cpu: 'cortex-a76',
    cpuinfo: {
      BogoMIPS: '108.00',
      Features: 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp',
      'CPU implementer': '0x41',
      'CPU architecture': '8',
      'CPU variant': '0x4',
      'CPU part': '0xd0b',
      'CPU revision': '1',
    },
    board: { Revision: 'd04170', Model: 'Raspberry Pi 5 Model B Rev 1.0' },
    cores: 4,
  },
  'cortex-a72': {
    standsFor: 'Raspberry Pi 4: arm64 without the byte dot product',
    qemu: 'qemu-aarch64',
    cpu: 'cortex-a72',
    cpuinfo: {
      BogoMIPS: '108.00',
      Features: 'fp asimd evtstrm crc32 cpuid',
      'CPU implementer': '0x41',
      'CPU architecture': '8',
      'CPU variant': '0x0',
      'CPU part': '0xd08',
      'CPU revision': '3',
    },
    board: { Revision: 'c03115', Model: 'Raspberry Pi 4 Model B Rev 1.5' },
    cores: 4,
  },
} as const satisfies Record<string, Machine>;

export type MachineName = keyof typeof MACHINES;

const lines = (entries: Record<string, string>): string =>
  Object.entries(entries)
    .map(([name, value]) => `${name}\t: ${value}\n`)
    .join('');

/** The text of /proc/cpuinfo on a machine. */
export function cpuinfoOf({ cpuinfo, board, cores }: Machine): string {
  const each = Array.from({ length: cores }, (_, core) => `${lines({ processor: String(core), ...cpuinfo })}\n`);
  return each.join('') + (board ? lines(board) : '');
}
