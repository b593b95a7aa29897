/** Bytes that a text has as UTF-8; in the browser too, which has no Buffer. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
