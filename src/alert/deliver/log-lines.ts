import { createHash } from 'node:crypto';

/**
 * Lines of a log that can be cut off or damaged anywhere: `<8 hex digits> <JSON>\n`, the digits being the start of the
 * SHA-256 of the JSON. A line whose digits do not fit was not written whole.
 */

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, 8);
}

export function encodeLine(record: object): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

export interface DecodedLog<T> {
  records: T[];
  /** Lines that were not whole. */
  damaged: number;
  /** Bytes up to the end of the last whole line: what follows can be cut off. */
  goodBytes: number;
}

/** Reads all whole lines; JSON strings have no raw line breaks, so damage never reaches into the next line. */
export function decodeLines<T>(bytes: Buffer): DecodedLog<T> {
  const records: T[] = [];
  let damaged = 0;
  let goodBytes = 0;
  let start = 0;
  while (start < bytes.length) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline === -1 ? bytes.length : newline;
    const line = bytes.toString('utf8', start, end);
    const json = line.slice(9);
    if (newline !== -1 && line[8] === ' ' && line.slice(0, 8) === checksum(json)) {
      records.push(JSON.parse(json) as T);
      goodBytes = newline + 1;
    } else damaged += 1;
    start = end + 1;
  }
  return { records, damaged, goodBytes };
}
