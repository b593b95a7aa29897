import type { Answers } from '../questions';
import type { Seen } from '../finding';

/** What is tried; a property that is missing was not asked for, and the usual one is tried. */
export interface LiveContext {
  answers: Answers;
  /** `rpicam`, `/dev/video0`, or the address of a network camera. */
  camera?: string;
  /** `mqtt://host:port`, `mqtts://…`. */
  broker?: string;
  /** The password for a user in the broker's address: never on the command line. */
  brokerPassword?: string;
  /** A model folder, a station folder or the name of a shipped model, as an absolute path. */
  model: string;
  /** Where Node-RED's editor answers. */
  editor: string;
}

/** A check that tries something. Never rejects: what goes wrong is what it finds. */
export type LiveCheck = (context: LiveContext) => Promise<Seen>;
