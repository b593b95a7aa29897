import type { Overload } from '../contract/detector';

/**
 * `every` keeps all frames, but not without end: past this many bytes of waiting images the newest frame is refused,
 * which is answered like any other drop. A station that is overloaded for good would fill its memory otherwise.
 */
export const EVERY_LIMIT_BYTES = 256 * 1024 * 1024;

/** Cameras that have a share of the line of their own; frames of more than this (made-up topics) share its total. */
const MAX_SOURCES = 16;

interface Waiting {
  bytes: number;
  overload: Overload;
  /** The camera; frames of different cameras do not push each other out. */
  source: string;
}

/**
 * Frames that wait for the process. Each camera has its own places and they are served in turns: with eight cameras on one
 * overloaded model chance would otherwise decide who is inspected, and the one that is always a little late never.
 */
export class WaitingLine<Job extends Waiting> {
  #jobs: Job[] = [];
  #bytes = 0;
  /** Cameras in the order they were served, the latest last. */
  readonly #served = new Set<string>();
  readonly #limit: number;
  readonly #everyLimitBytes: number;

  /** @param limit frames of one camera that may wait under the `latest` policy */
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
   * @returns the job that has to give way, if one must: the oldest `latest` one of the same camera, or the new one when
   *   memory is used up
   */
  push(job: Job): Job | undefined {
    if (this.#bytes + job.bytes > this.#everyLimitBytes) return job;
    let dropped: Job | undefined;
    if (job.overload === 'latest') {
      const latest = this.#jobs.filter(({ overload }) => overload === 'latest');
      const own = latest.filter(({ source }) => source === job.source);
      if (own.length >= this.#limit) dropped = this.#remove(own[0]);
      else if (latest.length >= this.#limit * MAX_SOURCES) dropped = this.#remove(latest[0]);
    }
    this.#jobs.push(job);
    this.#bytes += job.bytes;
    return dropped;
  }

  /** Takes the oldest job of the camera whose turn it is: one not served yet, else the one served longest ago. */
  shift(): Job | undefined {
    // by the job, not by its source: a message may say anything for a name, null too
    const job = this.#remove(this.#jobs.find(({ source }) => !this.#served.has(source)) ?? this.#ofNextServed());
    if (job) this.#remember(job.source);
    return job;
  }

  /** Takes everything out, oldest first. */
  clear(): Job[] {
    const all = this.#jobs;
    this.#jobs = [];
    this.#bytes = 0;
    return all;
  }

  /** The oldest job of the camera that was served longest ago. */
  #ofNextServed(): Job | undefined {
    for (const name of this.#served) {
      const job = this.#jobs.find(({ source }) => Object.is(source, name));
      if (job) return job;
    }
    return undefined;
  }

  #remember(source: string): void {
    this.#served.delete(source);
    this.#served.add(source);
    const [oldest] = this.#served;
    if (this.#served.size > MAX_SOURCES && oldest !== undefined) this.#served.delete(oldest);
  }

  #remove(job: Job | undefined): Job | undefined {
    if (!job) return undefined;
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#bytes -= job.bytes;
    return job;
  }
}
