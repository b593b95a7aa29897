import type { Overload } from './api';

/**
 * `every` keeps all frames, but not without end: past this many bytes of waiting images the newest frame is refused,
 * which is answered like any other drop. A station that is overloaded for good would fill its memory otherwise.
 */
const EVERY_LIMIT_BYTES = 256 * 1024 * 1024;

interface Waiting {
  bytes: number;
  overload: Overload;
}

/** Frames that wait for the process, oldest first. */
export class WaitingLine<Job extends Waiting> {
  #jobs: Job[] = [];
  #bytes = 0;
  readonly #limit: number;
  readonly #everyLimitBytes: number;

  /** @param limit frames that may wait under the `latest` policy */
  constructor(limit: number, everyLimitBytes = EVERY_LIMIT_BYTES) {
    this.#limit = limit;
    this.#everyLimitBytes = everyLimitBytes;
  }

  get length(): number {
    return this.#jobs.length;
  }

  /**
   * Adds a job. The limit counts `latest` jobs only, so that `every` jobs neither push others out nor are pushed out.
   *
   * @returns the job that has to give way, if one must: the oldest `latest` one, or the new one when memory is used up
   */
  push(job: Job): Job | undefined {
    if (this.#bytes + job.bytes > this.#everyLimitBytes) return job;
    const latest = this.#jobs.filter(({ overload }) => overload === 'latest');
    const isFull = job.overload === 'latest' && latest.length >= this.#limit;
    const dropped = isFull ? this.#remove(this.#jobs.indexOf(latest[0] as Job)) : undefined;
    this.#jobs.push(job);
    this.#bytes += job.bytes;
    return dropped;
  }

  shift(): Job | undefined {
    return this.#remove(0);
  }

  /** Takes everything out, oldest first. */
  clear(): Job[] {
    const all = this.#jobs;
    this.#jobs = [];
    this.#bytes = 0;
    return all;
  }

  #remove(index: number): Job | undefined {
    const [job] = this.#jobs.splice(index, 1);
    this.#bytes -= job?.bytes ?? 0;
    return job;
  }
}
