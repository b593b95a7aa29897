/**
 * Letters and figures as pen strokes on a 4 x 6 grid: `x y` pairs, strokes parted by `|`. Own drawing; enough of the
 * alphabet to label parts the way boards do.
 */
const GLYPHS: Record<string, string> = {
  '0': '0 1 0 5 1 6 3 6 4 5 4 1 3 0 1 0 0 1',
  '1': '1 1 2 0 2 6|1 6 3 6',
  '2': '0 1 1 0 3 0 4 1 4 2 0 6 4 6',
  '3': '0 0 4 0 2 2 4 4 4 5 3 6 1 6 0 5',
  '4': '3 6 3 0 0 4 4 4',
  '5': '4 0 0 0 0 2 3 2 4 3 4 5 3 6 0 6',
  '6': '3 0 1 1 0 3 0 5 1 6 3 6 4 5 4 4 3 3 0 3',
  '7': '0 0 4 0 1 6',
  '8': '1 3 0 2 0 1 1 0 3 0 4 1 4 2 3 3 1 3 0 4 0 5 1 6 3 6 4 5 4 4 3 3',
  '9': '4 3 1 3 0 2 0 1 1 0 3 0 4 1 4 3 3 5 1 6',
  '-': '0 3 4 3',
  A: '0 6 2 0 4 6|1 4 3 4',
  B: '0 0 0 6 3 6 4 5 4 4 3 3 0 3|3 3 4 2 4 1 3 0 0 0',
  Ø: '0 1 0 5 1 6 3 6 4 5 4 1 3 0 1 0 0 1|0 5 4 1',
  C: '4 1 3 0 1 0 0 1 0 5 1 6 3 6 4 5',
  D: '0 0 0 6 2 6 4 4 4 2 2 0 0 0',
  E: '4 0 0 0 0 6 4 6|0 3 3 3',
  J: '4 0 4 5 3 6 1 6 0 5',
  L: '0 0 0 6 4 6',
  P: '0 6 0 0 3 0 4 1 4 2 3 3 0 3',
  Q: '1 0 3 0 4 1 4 5 3 6 1 6 0 5 0 1 1 0|3 4 4 6',
  R: '0 6 0 0 3 0 4 1 4 2 3 3 0 3|2 3 4 6',
  T: '0 0 4 0|2 0 2 6',
  U: '0 0 0 5 1 6 3 6 4 5 4 0',
  X: '0 0 4 6|4 0 0 6',
  Y: '0 0 2 3 4 0|2 3 2 6',
};

export const GLYPH_NAMES: readonly string[] = Object.keys(GLYPHS);
/** Grid units from one letter to the next. */
export const GLYPH_ADVANCE = 5.5;

/** The strokes of a letter, as lists of [x, y] on the grid; none for a letter that is not in the table. */
export function glyphStrokes(letter: string): [number, number][][] {
  return (GLYPHS[letter] ?? '')
    .split('|')
    .filter((stroke) => stroke !== '')
    .map((stroke) => {
      const numbers = stroke.split(' ').map(Number);
      return Array.from({ length: numbers.length / 2 }, (_, i): [number, number] => [
        numbers[2 * i] ?? 0,
        numbers[2 * i + 1] ?? 0,
      ]);
    });
}
