import { expected, InspectionError } from '../contract/errors';
import { readRegularFile } from '../kit/read-file';

/** More classes than any detector has (LVIS has 1,203): beyond, a list is not one of classes. */
const MAX_CLASSES = 25_000;
/** Room for as many names; a longer text is not read. */
const CLASS_NAMES_MAX_BYTES = 1 << 20;

/** One name per line; empty lines at the end do not count. */
export function parseClassNamesFile(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** Reads a class_names.txt; undefined when there is none. @throws InspectionError MODEL_INVALID, IO_FAILED */
export async function readClassNamesFile(path: string): Promise<string[] | undefined> {
  let text: string;
  try {
    text = (await readRegularFile(path, 'the class names', { maxBytes: CLASS_NAMES_MAX_BYTES })).toString('utf8');
  } catch (error) {
    if (error instanceof InspectionError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new InspectionError('IO_FAILED', `The class names ${path} could not be read: ${String(error)}`);
  }
  const names = parseClassNamesFile(text);
  if (names.length > 0 && names.length <= MAX_CLASSES && names.every((name) => name !== '')) return names;
  // what the file says is not repeated: it need not be class names at all
  const found = names.includes('') ? `an empty line ${names.indexOf('') + 1}` : `${names.length} lines`;
  throw new InspectionError(
    'MODEL_INVALID',
    `Expected one class name per line, 1 to ${MAX_CLASSES}, for ${path} but received ${found}`,
  );
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
  const wrong = () =>
    expected("class names such as {0: 'open', 1: 'short'}", "the model's metadata entry names", text, 'MODEL_INVALID');
  if (text.length > CLASS_NAMES_MAX_BYTES) throw wrong();
  if (text.trim().startsWith('[')) {
    for (const match of text.matchAll(LISTED_NAME)) names.push(unescape(match[1] ?? match[2] ?? ''));
  } else {
    for (const match of text.matchAll(NUMBERED_NAME)) {
      const index = Number(match[1]);
      // a number beyond any class would make the list as long as the number says
      if (index >= MAX_CLASSES) throw wrong();
      names[index] = unescape(match[2] ?? match[3] ?? '');
    }
  }
  if (names.length > 0 && Array.from(names).every((name) => name !== undefined && name !== '')) return names;
  throw wrong();
}
