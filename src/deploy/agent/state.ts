import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expected } from '../../contract/errors';
import { nodeDisk, replaceFile } from '../../kit/disk';
import { STATE_FOLDER } from '../scripts';
import type { Job, Owner } from './protocol';

/** A lock that was not touched for this long belongs to somebody who is gone, ms: no step takes nearly that long. */
const LOCK_STALE_MS = 300_000;

/**
 * What a deploy keeps on the target, in the user folder: `deploy/plan` while one is under way, `deploy/before` with what was
 * there before each step, `journal.jsonl` with what was done. The plan's file is what makes a deploy begun; its removal, by
 * one rename, what makes it ended.
 */
export class DeployState {
  readonly folder: string;
  readonly #job: Job;

  constructor(job: Job) {
    this.#job = job;
    this.folder = join(job.userDir, STATE_FOLDER);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  get isBegun(): boolean {
    return existsSync(this.path('deploy', 'plan'));
  }

  /** Begins, or goes on with one of the same plan. @throws InspectionError BAD_ARGUMENT while somebody else is at it */
  async begin(): Promise<void> {
    mkdirSync(this.path('deploy', 'before'), { recursive: true });
    this.#lock();
    if (this.isBegun) {
      const [plan] = readFileSync(this.path('deploy', 'plan'), 'utf8').split(' ');
      if (plan === this.#job.plan) return;
      throw expected('no deploy under way', 'this station', 'one that was begun and not ended');
    }
    const { plan, release, packageName, station } = this.#job;
    await replaceFile(
      nodeDisk,
      this.path('deploy', 'job.json'),
      Buffer.from(JSON.stringify({ plan, release, packageName, station })),
    );
    await replaceFile(nodeDisk, this.path('deploy', 'plan'), Buffer.from(`${this.#job.plan} ${this.#job.release}\n`));
    this.journal('begin', '');
  }

  /** The part of the job that was begun which says what is to be undone. */
  begunJob(): Partial<Job> {
    const file = this.path('deploy', 'job.json');
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Job>) : {};
  }

  /** Keeps what was there before a step, once per deploy: a step that is taken up again must not keep what it did itself. */
  async keepBefore(step: string, make: () => Promise<object> | object): Promise<void> {
    await this.begin();
    const file = this.path('deploy', 'before', `${step}.json`);
    if (existsSync(file)) return;
    await replaceFile(nodeDisk, file, Buffer.from(JSON.stringify(await make())));
    this.journal('step', step);
  }

  before<T>(step: string): T | undefined {
    const file = this.path('deploy', 'before', `${step}.json`);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : undefined;
  }

  forget(step: string): void {
    rmSync(this.path('deploy', 'before', `${step}.json`), { force: true });
    this.journal('undone', step);
  }

  commit(): void {
    if (!existsSync(this.path('deploy'))) return;
    const ended = this.path('deploy.ended');
    rmSync(ended, { recursive: true, force: true });
    renameSync(this.path('deploy'), ended);
    this.journal('committed', '');
    rmSync(ended, { recursive: true, force: true });
  }

  journal(event: string, step: string): void {
    const { plan, release, station, owner } = this.#job;
    const line = { at: new Date().toISOString(), event, ...(step && { step }), plan, release, station, by: owner.host };
    appendFileSync(this.path('journal.jsonl'), `${JSON.stringify(line)}\n`);
  }

  #lock(): void {
    const { owner } = this.#job;
    const file = this.path('deploy', 'owner.json');
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat !== undefined) {
      const holder = JSON.parse(readFileSync(file, 'utf8')) as Owner;
      const isOwn = holder.host === owner.host;
      const isFresh = Date.now() - stat.mtimeMs < LOCK_STALE_MS;
      // of two on one PC, that PC finds out itself whether the other still runs
      if (!isOwn && isFresh)
        throw expected('no deploy under way', 'this station', `one from ${holder.host}, a moment ago`);
    }
    writeFileSync(file, JSON.stringify(owner));
  }
}
