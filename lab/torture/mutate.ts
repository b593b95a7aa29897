import type { Random } from '../../src/kit/random';

/** Whole numbers at which something may change its sign, its size or its meaning. */
const EDGES = [0, 1, -1, 127, 128, 255, 256, 32_767, 65_535, 65_536, 0x7fff_ffff, 0xffff_ffff];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const place = (bytes: Buffer, random: Random): number => random.integer(0, Math.max(0, bytes.length - 1));
const piece = (bytes: Buffer, random: Random): [number, number] => {
  const from = place(bytes, random);
  return [from, Math.min(bytes.length, from + random.integer(1, 64))];
};

const MUTATIONS: Record<string, Mutation> = {
  bits(bytes, random) {
    const changed = Buffer.from(bytes);
    for (let i = random.integer(1, 12); i > 0 && changed.length > 0; i--) {
      changed[place(changed, random)]! ^= 1 << random.integer(0, 7);
    }
    return changed;
  },
  header(bytes, random) {
    const changed = Buffer.from(bytes);
    for (let i = random.integer(1, 4); i > 0 && changed.length > 0; i--) {
      changed[random.integer(0, Math.min(63, changed.length - 1))] = random.integer(0, 255);
    }
    return changed;
  },
  edges(bytes, random) {
    const changed = Buffer.from(bytes);
    if (changed.length < 8) return changed;
    const at = random.integer(0, Math.min(200, changed.length - 4));
    const value = random.pick(EDGES) >>> 0;
    const write = random.pick(['writeUInt32BE', 'writeUInt32LE', 'writeUInt16BE'] as const);
    changed[write](write === 'writeUInt16BE' ? value & 0xffff : value, at);
    return changed;
  },
  cut: (bytes, random) => bytes.subarray(0, place(bytes, random)),
  remove(bytes, random) {
    const [from, to] = piece(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  double(bytes, random) {
    const [from, to] = piece(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  zero(bytes, random) {
    const [from, to] = piece(bytes, random);
    return Buffer.from(bytes).fill(0, from, to);
  },
  insert(bytes, random) {
    const noise = Buffer.from(Array.from({ length: random.integer(1, 64) }, () => random.integer(0, 255)));
    const at = place(bytes, random);
    return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)]);
  },
  swap(bytes, random) {
    const [from, to] = piece(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to), bytes.subarray(from, to)]);
  },
  twice: (bytes) => Buffer.concat([bytes, bytes]),
};

/** Changes bytes in one to three of the ways. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let i = random.integer(1, 3); i > 0; i--) changed = random.pick(Object.values(MUTATIONS))(changed, random);
  return changed;
}

/** Values that a careless, a broken or a hostile writer puts where something else belongs; all can be written as JSON. */
export const HOSTILE_VALUES: readonly unknown[] = [
  ...[
    null,
    true,
    false,
    '',
    ' ',
    'x',
    '0',
    '-1',
    'NaN',
    'Infinity',
    '1e999',
    '../../etc/passwd',
    '/dev/zero',
    '\u0000',
  ],
  ...[0, -1, 0.5, 1e30, -1e30, 4_294_967_295, 2 ** 53, [], {}, [[]], [null], { length: 1e9 }],
  ...['a'.repeat(100_000), '__proto__', 'constructor', '<script>alert(1)</script>', '\ud800', '💥'.repeat(300)],
];

export type Path = readonly (string | number)[];

/** Every place in a document, leaves and branches; the root is not one. */
export function pathsOf(document: unknown, at: Path = []): Path[] {
  if (typeof document !== 'object' || document === null || ArrayBuffer.isView(document)) return [];
  return Object.entries(document).flatMap(([key, value]) => {
    const path = [...at, Array.isArray(document) ? Number(key) : key];
    return [path, ...pathsOf(value, path)];
  });
}

/** The document with another value, or with nothing, at one place. It is changed itself. */
export function put(document: unknown, path: Path, value: unknown): void {
  const last = path[path.length - 1]!;
  const holder = path.slice(0, -1).reduce<unknown>((level, key) => (level as Record<string, unknown>)[key], document);
  if (value === undefined) delete (holder as Record<string, unknown>)[last];
  else (holder as Record<string, unknown>)[last] = value;
}
