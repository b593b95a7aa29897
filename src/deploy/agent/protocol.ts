import type { FlowNode } from './flow-merge';

/** What the target is told of a deploy; every operation reads what it needs. One JSON document in one line. */
export interface Job {
  /** The user folder, absolute. */
  userDir: string;
  /** Name of the release that is to be in use. */
  release: string;
  /** Name of the package, as npm knows it. */
  packageName: string;
  /** Hash of all that is wanted: a deploy that was cut off is taken up by one of the same plan. */
  plan: string;
  owner: Owner;
  station: string;
  /** A model that was unpacked below the state folder. */
  model?: { sha256: string; folder: string };
  flow?: { nodes: FlowNode[]; overwrite: boolean };
  editor: { url: string; token?: string };
}

/** Whoever deploys: a process of a PC. */
export interface Owner {
  host: string;
  pid: number;
}

/** What a step says of itself. */
export interface Look {
  isDone: boolean;
  says: string;
}

export type Operation =
  | `${'package' | 'model' | 'flow'}.${'look' | 'do' | 'undo'}`
  | 'start.look'
  | 'start.begin'
  | 'start.undo'
  | 'start.did'
  | 'start.wait'
  | 'verify'
  | 'commit';

/** The line that an answer stands in, whatever else a login prints. */
export const ANSWER_MARK = '@edge-inspect ';

export interface Answer {
  result?: unknown;
  error?: { code: string; message: string };
}
