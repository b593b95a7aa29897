import type { Connection } from './connection';
import type { FlowNode } from './agent/flow-merge';
import type { Finding } from '../doctor/finding';

/** What is wanted, every value checked. */
export interface DeployOptions {
  connection: Connection;
  /** The user folder on the target; may begin with ~/. */
  userDir: string;
  station: string;
  /** A verified model folder on this PC. */
  model?: { folder: string; files: readonly string[]; sha256: string };
  flow?: { nodes: FlowNode[]; overwrite: boolean };
  editor: { url: string; token?: string };
  /** A program on the target that restarts Node-RED; empty: its service. */
  restartWith: string;
  installNodeRed: boolean;
  /** A packed package; without it the one that this is part of. */
  packageFile?: string;
  cacheFolder?: string;
  /** Look only at the target; look at every step, change nothing; or do it. */
  mode: 'check' | 'dry-run' | 'deploy';
}

/** Called as things happen; lines are for people. */
export interface DeployListener {
  onStep?: (step: string, index: number, count: number) => void;
  /** 0 … 1 of an upload. */
  onProgress?: (share: number, what: string) => void;
  onLine?: (line: string) => void;
}

export interface StepReport {
  step: string;
  /** `already`: nothing to be done; `planned`: a dry run. */
  outcome: 'already' | 'done' | 'planned' | 'failed' | 'undone' | 'not reached';
  says: string;
}

export interface DeployReport {
  target: string;
  station: string;
  ok: boolean;
  changed: boolean;
  checks: Finding[];
  steps: StepReport[];
  /** After a failure: `rolled back`: all is as it was; `resumable`: the same command goes on where it stopped. */
  afterFailure?: 'rolled back' | 'resumable' | 'nothing done';
  problem?: string;
  seconds: number;
}
