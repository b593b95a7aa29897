import type { Box } from '../../contract/detection';
import { expected } from '../../contract/errors';
import { integerBetween, oneOf } from '../../contract/validate';
import { plainText } from '../judge/names';

/** A defect that is known to be on a golden sample. */
export interface KnownDefect {
  label: string;
  /** How many of them, exactly; undefined: one or more. */
  count?: number;
  /** Where their centres are: pixels of the upright source image; undefined: anywhere. */
  box?: Box;
}

/** A part of which it is known what the station has to say about it. */
export interface GoldenSample {
  name: string;
  verdict: 'PASS' | 'FAIL';
  /** Only of a sample that fails; empty: any defect will do. */
  defects: KnownDefect[];
  /** More than the known defects may be found. */
  others: boolean;
}

const MAX_SAMPLES = 50;
const MAX_DEFECTS = 20;
const MAX_COUNT = 1000;
const MAX_PIXEL = 1e6;

type Loose = Record<string, unknown>;

function object(value: unknown, name: string): Loose {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Loose;
  throw expected('an object', name, value);
}

function list(value: unknown, name: string, max: number): unknown[] {
  if (Array.isArray(value) && value.length <= max) return value;
  throw expected(`a list of at most ${max} entries`, name, value);
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && plainText(value) !== '') return plainText(value);
  throw expected('a non-empty text', name, value);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '');
}

/** Reads `x, y, width, height` as the dialog stores it. */
function readBox(value: unknown, name: string): Box {
  const numbers =
    typeof value === 'string' ? value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part))) : [];
  const [x, y, width, height] = numbers as [number, number, number, number];
  const inRange = numbers.length === 4 && numbers.every((number) => number >= 0 && number <= MAX_PIXEL);
  if (inRange && width > 0 && height > 0) return { x, y, width, height };
  throw expected('x, y, width, height in pixels, or nothing,', name, value);
}

function readDefect(value: unknown, name: string): KnownDefect {
  const { label, count, box } = object(value, name);
  return {
    label: text(label, `class of ${name}`),
    ...(isEmpty(count) ? {} : { count: integerBetween(count, `count of ${name}`, 1, MAX_COUNT) }),
    ...(isEmpty(box) ? {} : { box: readBox(box, `box of ${name}`) }),
  };
}

function readSample(value: unknown, name: string): GoldenSample {
  const { name: given, verdict, defects, others } = object(value, name);
  const sample: GoldenSample = {
    name: text(given, `name of ${name}`),
    verdict: oneOf(verdict, `verdict of ${name}`, ['PASS', 'FAIL'] as const),
    defects: list(defects ?? [], `defects of ${name}`, MAX_DEFECTS).map((defect, index) =>
      readDefect(defect, `defect ${index + 1} of ${name}`),
    ),
    others: others === true,
  };
  if (sample.verdict === 'PASS' && sample.defects.length > 0) {
    throw expected('no known defects, as it is to pass,', name, defects);
  }
  return sample;
}

/**
 * Reads the list of golden samples as the dialog stores it.
 *
 * @throws InspectionError BAD_ARGUMENT that names the sample and what of it does not fit
 */
export function readSamples(value: unknown, name = 'golden sample'): GoldenSample[] {
  if (isEmpty(value)) return [];
  const samples = list(value, `${name}s`, MAX_SAMPLES).map((item, index) => readSample(item, `${name} ${index + 1}`));
  const names = new Set<string>();
  for (const sample of samples) {
    if (names.has(sample.name)) throw expected('another name for each', `${name}s`, sample.name);
    names.add(sample.name);
  }
  return samples;
}
