import { InspectionError, messageOf } from '../../contract/errors';
import type { FlowNode } from './flow-merge';
import type { Job } from './protocol';

const LIMIT_MS = 60_000;

export interface Flows {
  flows: FlowNode[];
  rev: string;
}

interface NodeSet {
  types: string[];
  module: string;
  enabled: boolean;
  err?: string;
}

/** Node-RED did not answer at all: it may be starting, or not be there. */
export class NotAnswering extends InspectionError {
  constructor(url: string, because: string) {
    super('IO_FAILED', `Node-RED does not answer at ${url}: ${because}`);
  }
}

/** Node-RED's admin API (nodered.org/docs/api/admin), version 2: with a revision, so that nobody's change is lost. */
export class AdminApi {
  constructor(private readonly editor: Job['editor']) {}

  async flows(): Promise<Flows> {
    return (await this.#ask('GET', '/flows')) as Flows;
  }

  /** Only what changed is restarted. @throws InspectionError when somebody else deployed meanwhile */
  async replace(change: Flows): Promise<void> {
    await this.#ask('POST', '/flows', change);
  }

  async nodeSets(): Promise<NodeSet[]> {
    return (await this.#ask('GET', '/nodes')) as NodeSet[];
  }

  async #ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const { url, token } = this.editor;
    const address = `${url.replace(/\/+$/, '')}${path}`;
    let response: Response;
    try {
      response = await fetch(address, {
        method,
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          'node-red-api-version': 'v2',
          'node-red-deployment-type': 'nodes',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(LIMIT_MS),
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new NotAnswering(url, messageOf(cause));
    }
    const text = await response.text();
    if (response.status === 401 || response.status === 403) {
      throw new InspectionError(
        'IO_FAILED',
        `Node-RED at ${url} wants a token that may do this: EDGE_INSPECT_NODE_RED_TOKEN`,
      );
    }
    if (response.status === 409)
      throw new InspectionError('IO_FAILED', 'Somebody deployed in the editor at the same time: try again');
    if (!response.ok)
      throw new InspectionError(
        'IO_FAILED',
        `Node-RED refused ${method} ${path}: ${response.status} ${text.slice(0, 200)}`,
      );
    return text === '' ? undefined : JSON.parse(text);
  }
}
