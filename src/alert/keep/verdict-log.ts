import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { AppendFile, type AppendOptions } from '../../kit/durable-file';
import type { VerdictRecord } from '../judge/messages';

export type LogFormat = 'csv' | 'jsonl';

export interface VerdictLogOptions {
  folder: string;
  format: LogFormat;
  /** A file this large is put aside under the time of its end. Default 10 MiB: some 40,000 parts. */
  maxBytes?: number;
  /** Files kept beside the current one; the oldest goes. Default 20. */
  maxFiles?: number;
  /** How the file is written; see AppendFile. */
  file?: AppendOptions;
}

/** One row per column of the CSV: what a quality manager sorts and filters by. */
const COLUMNS: { title: string; value: (record: VerdictRecord) => unknown }[] = [
  { title: 'time', value: ({ time }) => time },
  { title: 'station', value: ({ station }) => station },
  { title: 'frame', value: ({ frame }) => frame.id },
  { title: 'source', value: ({ frame }) => frame.source },
  { title: 'captured at', value: ({ frame }) => frame.capturedAt },
  { title: 'verdict', value: ({ verdict }) => verdict },
  { title: 'reason', value: ({ reason }) => reason },
  { title: 'defects', value: ({ defects, defectsOmitted }) => defects.length + defectsOmitted },
  { title: 'classes', value: ({ defects }) => [...new Set(defects.map(({ label }) => label))].join('; ') },
  { title: 'worst confidence', value: ({ defects }) => defects[0]?.confidence },
  { title: 'model', value: ({ model }) => model?.name },
  { title: 'model version', value: ({ model }) => model?.version },
  { title: 'model sha256', value: ({ model }) => model?.sha256 },
  { title: 'rules', value: ({ rulesId }) => rulesId },
  { title: 'latency ms', value: ({ latencyMs }) => latencyMs },
  { title: 'verdict id', value: ({ id }) => id },
  { title: 'golden sample', value: ({ golden }) => golden?.sample },
  { title: 'golden result', value: ({ golden }) => golden?.outcome },
  { title: 'golden differences', value: ({ golden }) => golden?.differences.join('; ') },
  { title: 'parts', value: ({ count }) => count ?? 1 },
];

/** Spreadsheets run text that begins with one of these as a formula: an apostrophe makes it text (OWASP, CSV injection). */
const FORMULA_START = /^[=+\-@\t\r]/;

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = FORMULA_START.test(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
}

/** RFC 4180: comma, CRLF, quotes where needed. */
function csvLine(cells: unknown[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

const FORMATS: Record<LogFormat, { header: string; line: (record: VerdictRecord) => string }> = {
  // The byte order mark tells spreadsheets that the file is UTF-8.
  csv: {
    header: `\ufeff${csvLine(COLUMNS.map(({ title }) => title))}`,
    line: (record) => csvLine(COLUMNS.map(({ value }) => value(record))),
  },
  jsonl: { header: '', line: (record) => `${JSON.stringify(record)}\n` },
};

/** Whether a file is there and begins otherwise. */
async function beginsOtherwise(path: string, header: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return false;
  try {
    const wanted = Buffer.from(header);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted.length), 0, wanted.length, 0);
    return bytesRead > 0 && !buffer.equals(wanted);
  } finally {
    await file.close();
  }
}

/** One line per part in `verdicts.csv` or `verdicts.jsonl`, in files of limited size and number. */
export class VerdictLog {
  readonly #options: Required<VerdictLogOptions>;
  #file: AppendFile | undefined;
  #queue: Promise<void> = Promise.resolve();

  constructor(options: VerdictLogOptions) {
    this.#options = { maxBytes: 10 * 2 ** 20, maxFiles: 20, file: {}, ...options };
  }

  get path(): string {
    return join(this.#options.folder, `verdicts.${this.#options.format}`);
  }

  /** Resolves when the line is on the disk; rejects when it has to be tried again. Lines keep their order. */
  async write(record: VerdictRecord): Promise<void> {
    const line = FORMATS[this.#options.format].line(record);
    const { time } = record;
    const ready = this.#queue.then(() => this.#fileFor(time));
    this.#queue = ready.then(
      () => undefined,
      () => undefined,
    );
    const file = await ready;
    await file.append(line);
  }

  async close(): Promise<void> {
    await this.#queue;
    await this.#file?.close();
    this.#file = undefined;
  }

  async #fileFor(time: string): Promise<AppendFile> {
    if (this.#file !== undefined && this.#file.bytes >= this.#options.maxBytes) await this.#rotateIfPossible(time);
    if (this.#file === undefined) {
      const { header } = FORMATS[this.#options.format];
      // an earlier version had fewer columns: its file ends there, so that no line has more cells than its header
      if (header !== '' && (await beginsOtherwise(this.path, header))) await this.#rotateIfPossible(time);
      const bytes = await stat(this.path).then(
        ({ size }) => size,
        () => 0,
      );
      const file = new AppendFile(this.path, bytes, this.#options.file);
      this.#file = file;
      // not awaited: the line comes after it, and has the same fate
      if (bytes === 0 && header !== '') file.append(header).catch(() => undefined);
    }
    return this.#file;
  }

  /** A disk on which nothing can be renamed keeps one long file: better than a line that is not written. */
  async #rotateIfPossible(time: string): Promise<void> {
    await this.#rotate(time).catch(() => undefined);
  }

  async #rotate(time: string): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    const { folder, format, maxFiles } = this.#options;
    await rename(this.path, join(folder, `verdicts-${time.replace(/[:.]/g, '-')}.${format}`));
    const kept = (await readdir(folder)).filter((name) => /^verdicts-[\dTZ-]+\.(csv|jsonl)$/.test(name)).sort();
    for (const name of kept.slice(0, Math.max(0, kept.length - maxFiles))) await unlink(join(folder, name));
  }
}
