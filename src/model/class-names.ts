import { readFile } from 'node:fs/promises';
import { expected, InspectionError } from '../contract/errors';

/** One name per line; empty lines at the end do not count. */
export function parseClassNamesFile(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line, index, lines) => line !== '' || lines.slice(index).some((rest) => rest !== ''));
}

/** Reads a class_names.txt; undefined when there is none. */
export async function readClassNamesFile(path: string): Promise<string[] | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new InspectionError('IO_FAILED', `The class names ${path} could not be read: ${String(error)}`);
  }
  const names = parseClassNamesFile(text);
  if (names.length > 0 && names.every((name) => name !== '')) return names;
  throw expected('one class name per line', path, text, 'MODEL_INVALID');
}

/** `0: 'name'`, `1: "it's"`, `"2": "json"` */
const NUMBERED_NAME = /["']?(\d+)["']?\s*:\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;
const LISTED_NAME = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g;

const unescape = (text: string): string => text.replace(/\\(.)/g, '$1');

/**
 * Class names as Ultralytics writes them into a model's metadata: the text of a Python dict (`{0: 'open', 1: "mouse's
 * bite"}`), a list, or JSON. Undefined when there are none; a gap in the numbering is refused, since a wrong name on an
 * alert is worse than none.
 */
export function parseMetadataNames(text: string | undefined): string[] | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const names: string[] = [];
  if (text.trim().startsWith('[')) {
    for (const match of text.matchAll(LISTED_NAME)) names.push(unescape(match[1] ?? match[2] ?? ''));
  } else {
    for (const match of text.matchAll(NUMBERED_NAME)) names[Number(match[1])] = unescape(match[2] ?? match[3] ?? '');
  }
  if (names.length > 0 && Array.from(names).every((name) => name !== undefined && name !== '')) return names;
  throw expected(
    "class names such as {0: 'open', 1: 'short'}",
    "the model's metadata entry names",
    text,
    'MODEL_INVALID',
  );
}
