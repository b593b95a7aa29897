import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endChild } from './child-processes';
import { freePort } from './free-port';
import { waitFor } from './wait-for';

export interface NodeRedOptions {
  /** The Node.js binary to run it with. */
  node?: string;
  /** Node-RED's red.js. */
  redJs: string;
  userDir: string;
  /** More of settings.js, as the text of object members. */
  settings?: string;
  /** How long it may take to start, ms; default a minute. */
  startMs?: number;
}

type FlowNode = Record<string, unknown> & { id: string; type: string };

/** A real Node-RED in a process of its own, driven through its admin API. */
export class NodeRedProcess {
  readonly url: string;
  log = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {
    this.url = `http://127.0.0.1:${port}`;
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data) => (this.log += String(data)));
  }

  static async start({
    node = process.execPath,
    redJs,
    userDir,
    settings = '',
    startMs = 60_000,
  }: NodeRedOptions): Promise<NodeRedProcess> {
    const port = await freePort();
    const file = join(userDir, 'settings.js');
    writeFileSync(
      file,
      `module.exports = { uiHost: '127.0.0.1', uiPort: ${port}, flowFile: 'flows.json', credentialSecret: 'test',
        telemetry: { enabled: false }, editorTheme: { tours: false }, ${settings} };`,
    );
    const child = spawn(node, [redJs, '--userDir', userDir, '--settings', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const instance = new NodeRedProcess(child, port);
    try {
      await waitFor(
        'Node-RED to answer',
        async () => {
          if (child.exitCode !== null) throw new Error(`Node-RED ended with ${child.exitCode}:\n${instance.log}`);
          return fetch(`${instance.url}/nodes`, { headers: { accept: 'application/json' } }).then(
            // with adminAuth in the settings it asks who we are
            ({ ok, status }) => ok || status === 401,
            () => false,
          );
        },
        startMs,
      );
      await waitFor(
        'the flows to start',
        () => instance.log.includes('Started flows') || instance.log.includes('Waiting for missing types'),
        startMs,
      );
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    return instance;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async get<T>(path: string): Promise<T> {
    const response = await fetch(this.url + path, { headers: { accept: 'application/json' } });
    if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async post(path: string, body?: unknown, deployment = 'full'): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'node-red-deployment-type': deployment },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /**
   * Deploys flows as the editor's button does.
   *
   * @param deployment `full`: everything restarts; `nodes`: only what changed
   */
  async deploy(flows: FlowNode[], deployment: 'full' | 'nodes' = 'full'): Promise<void> {
    const response = await this.post('/flows', flows, deployment);
    if (!response.ok) throw new Error(`deploy: ${response.status} ${await response.text()}`);
  }

  /** Presses the button of an inject node. */
  async inject(id: string): Promise<void> {
    const response = await this.post(`/inject/${id}`);
    if (!response.ok) throw new Error(`inject ${id}: ${response.status}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await endChild(this.child, signal);
  }
}
