import { detection, FRAME, INFERENCE } from '../fixtures';

/**
 * A flow that takes frames over HTTP: POST /frames with a list of sequence numbers sends that many failing frames through
 * defect-alert, and answers once done() was called for the last, which is when its alert is on the disk.
 */
export function feedFlow(alertNode: object): object[] {
  const template = { payload: [detection()], frame: FRAME, inference: INFERENCE };
  const body = `
    const template = ${JSON.stringify(template)};
    const messages = msg.payload.map((seq) => {
      const made = RED.util.cloneMessage(template);
      made.frame.id = 'frame-' + seq;
      made.frame.seq = seq;
      return made;
    });
    const last = messages[messages.length - 1];
    last.req = msg.req;
    last.res = msg.res;
    return [messages];`;
  return [
    { id: 'tab', type: 'tab', label: 'feed' },
    { id: 'in', z: 'tab', type: 'http in', url: '/frames', method: 'post', upload: false, wires: [['make']] },
    { id: 'make', z: 'tab', type: 'function', func: body, outputs: 1, libs: [], wires: [['alert']] },
    { id: 'alert', z: 'tab', type: 'defect-alert', wires: [[], []], ...alertNode },
    { id: 'done', z: 'tab', type: 'complete', scope: ['alert'], uncaught: false, wires: [['answered']] },
    {
      id: 'answered',
      z: 'tab',
      type: 'function',
      func: 'if (!msg.res) return null; msg.payload = "ok"; return msg;',
      outputs: 1,
      libs: [],
      wires: [['out']],
    },
    { id: 'out', z: 'tab', type: 'http response', statusCode: '200', wires: [] },
  ];
}

/** Hands over frames; false when Node-RED did not confirm them (it was killed): they are to be handed over again. */
export async function feed(url: string, numbers: number[]): Promise<boolean> {
  try {
    const response = await fetch(`${url}/frames`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(numbers),
      signal: AbortSignal.timeout(20_000),
    });
    return response.ok;
  } catch {
    return false;
  }
}

/** What a subscriber has seen of the alerts of one station. */
export class AlertJournal {
  /** Messages with an id seen before. */
  duplicates = 0;
  /** First arrivals out of the order in which they were raised. */
  outOfOrder = 0;
  readonly #ids = new Set<string>();
  readonly #frames = new Set<number>();
  #highest = -1;

  add(alert: { id: string; frame: { seq: number } }): void {
    if (this.#ids.has(alert.id)) {
      this.duplicates += 1;
      return;
    }
    this.#ids.add(alert.id);
    const { seq } = alert.frame;
    // a frame handed over twice, because its confirmation was lost, makes two alerts with different ids
    if (seq < this.#highest && !this.#frames.has(seq)) this.outOfOrder += 1;
    this.#highest = Math.max(this.#highest, seq);
    this.#frames.add(seq);
  }

  get alerts(): number {
    return this.#ids.size;
  }

  get frames(): number {
    return this.#frames.size;
  }

  /** Sequence numbers below `count` that have not arrived. */
  missing(count: number): number[] {
    return Array.from({ length: count }, (_, seq) => seq).filter((seq) => !this.#frames.has(seq));
  }
}
