import { expected } from '../contract/errors';

/** One word of POSIX sh, whatever is in it: between single quotes nothing is special but the quote itself. */
export function quoted(word: string): string {
  if (word.includes('\0')) throw expected('text without NUL', 'a word of a command', word);
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * A script for `sh -s`: a fixed text, with words as its positional parameters. It is a function that is called in the last
 * line, so that of a script that was cut off on its way nothing is run; and it reads nothing of the pipe it came by.
 *
 * @param input what the script's programs may read: one line
 */
export function scriptOf(text: string, words: readonly string[], input = ''): string {
  if (/[\r\n]/.test(input)) throw expected('one line', "a script's input", input);
  // a JSON document begins with {, so that no line of it can be the mark of its end
  const body = input === '' ? 'main "$@" </dev/null' : `main "$@" <<'EDGE_INSPECT_END'\n${input}\nEDGE_INSPECT_END`;
  return `set -- ${words.map(quoted).join(' ')}\nmain() {\n${text}\n}\n${body}\n`;
}
