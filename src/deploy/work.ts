import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { InspectionError, type ErrorCode } from '../contract/errors';
import type { Finding } from '../doctor/finding';
import type { Answers } from '../doctor/questions';
import { ANSWER_MARK, type Answer, type Job, type Look, type Operation } from './agent/protocol';
import type { Bundle } from './bundle';
import { ConnectionLost, errorLine, lastLine } from './connection';
import type { DeployListener, DeployOptions } from './options';
import { AGENT, ARRIVED, STATE_FOLDER, UNPACK } from './scripts';

/** A model is started on the target, which on a busy Pi takes a while. */
const AGENT_LIMIT_MS = 300_000;
const UNPACK_LIMIT_MS = 600_000;
/** A cut line is tried again this often before the deploy gives up. */
const UPLOAD_TRIES = 3;

/** One deploy under way: what is wanted, what was learnt of the target, and how to talk with it. */
export class Work {
  readonly options: DeployOptions;
  readonly listener: DeployListener;
  answers: Answers = {};
  findings: Finding[] = [];
  /** Set by the step that checks the target. */
  userDir = '';
  bundle!: Bundle;
  /** Whether the user folder was made by this deploy. */
  isNewFolder = false;
  /** Whether something on the target was touched. */
  hasChanged = false;
  /** Whether Node-RED was restarted, or may have been. */
  wasRestarted = false;

  constructor(options: DeployOptions, listener: DeployListener) {
    this.options = options;
    this.listener = listener;
  }

  get job(): Job {
    const { station, model, flow, editor } = this.options;
    const { release, package: packageJson } = this.bundle;
    return {
      userDir: this.userDir,
      release,
      packageName: packageJson.name,
      plan: createHash('sha256')
        .update(JSON.stringify([release, station, model?.sha256, flow?.nodes]))
        .digest('hex')
        .slice(0, 16),
      owner: { host: hostname(), pid: process.pid },
      station,
      ...(model && { model: { sha256: model.sha256, folder: `incoming/${model.sha256.slice(0, 16)}` } }),
      ...(flow && { flow }),
      editor,
    };
  }

  /** Has the target do something of its own part. @throws InspectionError as the target said; ConnectionLost */
  async ask<Result = Look>(op: Operation, job: Job = this.job): Promise<Result> {
    const folder = `${this.userDir}/${STATE_FOLDER}/releases/${job.release}/node_modules/${job.packageName}`;
    const { connection } = this.options;
    const request = JSON.stringify({ op, job }).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
    const { stdout, stderr, status } = await connection.run(AGENT, [this.userDir, folder], request, AGENT_LIMIT_MS);
    const line = stdout.split('\n').findLast((each) => each.startsWith(ANSWER_MARK));
    if (line === undefined) {
      // a shell that was killed says so by its status: the target is going down
      if (status >= 128) throw new ConnectionLost(`${connection.name} ended in the middle of ${op}`);
      throw new InspectionError(
        'IO_FAILED',
        `${connection.name} failed in ${op}: ${errorLine(stderr) || `status ${status}`}`,
      );
    }
    const { result, error } = JSON.parse(line.slice(ANSWER_MARK.length)) as Answer;
    if (error) throw new InspectionError(error.code as ErrorCode, error.message);
    return result as Result;
  }

  /**
   * Sends a gzipped tar, going on where an earlier try stopped, and unpacks it below the state folder.
   *
   * @param to below the state folder
   */
  async unpack(file: { path: string; bytes: number; sha256: string }, to: string, what: string): Promise<void> {
    const { connection } = this.options;
    const name = `upload-${file.sha256.slice(0, 16)}.part`;
    const folder = `${this.userDir}/${STATE_FOLDER}`;
    this.hasChanged = true;
    for (let tries = 1; ; tries++) {
      try {
        const arrived = Number((await connection.run(ARRIVED, [this.userDir, name])).stdout.trim()) || 0;
        let sent = arrived > file.bytes ? 0 : arrived;
        const onBytes = (bytes: number): void => this.listener.onProgress?.((sent += bytes) / file.bytes, what);
        if (sent < file.bytes) await connection.send(file.path, { folder, name }, sent, onBytes);
        break;
      } catch (error) {
        if (!(error instanceof ConnectionLost) || tries === UPLOAD_TRIES) throw error;
        this.listener.onLine?.(`${error.message}: trying again`);
      }
    }
    const { status, stderr } = await connection.run(UNPACK, [this.userDir, name, file.sha256, to], '', UNPACK_LIMIT_MS);
    if (status >= 128) throw new ConnectionLost(`${connection.name} ended while it unpacked the ${what}`);
    if (status !== 0)
      throw new InspectionError(
        'IO_FAILED',
        `The ${what} could not be unpacked on ${connection.name}: ${lastLine(stderr)}`,
      );
  }
}
