import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild } from '../../helpers/child-processes';
import { freePort } from '../../helpers/free-port';
import { waitFor } from '../../helpers/wait-for';

/** A real Node-RED in a process of its own, with the built nodes of this package, that can be killed and started again. */
export class NodeRedProcess {
  readonly userDir: string;
  readonly port: number;
  #process: ChildProcess | undefined;

  private constructor(userDir: string, port: number) {
    this.userDir = userDir;
    this.port = port;
  }

  /** @param nodesDir folders whose nodes are loaded beside the core's */
  static async start(flow: object[], nodesDir = [join(process.cwd(), 'dist', 'nodes')]): Promise<NodeRedProcess> {
    const runtime = new NodeRedProcess(mkdtempSync(join(tmpdir(), 'node-red-')), await freePort());
    // Credentials live in a file of their own, here unencrypted because the settings say so.
    const credentials: Record<string, unknown> = {};
    const nodes = flow.map((node) => {
      const { credentials: secret, ...rest } = node as { id: string; credentials?: unknown };
      if (secret !== undefined) credentials[rest.id] = secret;
      return rest;
    });
    writeFileSync(join(runtime.userDir, 'flows.json'), JSON.stringify(nodes));
    writeFileSync(join(runtime.userDir, 'flows_cred.json'), JSON.stringify(credentials));
    const settings = {
      uiHost: '127.0.0.1',
      uiPort: runtime.port,
      flowFile: 'flows.json',
      credentialSecret: false,
      nodesDir,
      mqttReconnectTime: 200,
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false },
      logging: { console: { level: 'warn' } },
      diagnostics: { enabled: false },
    };
    writeFileSync(join(runtime.userDir, 'settings.js'), `module.exports = ${JSON.stringify(settings)};`);
    await runtime.resume();
    return runtime;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get log(): string {
    return readFileSync(join(this.userDir, 'log.txt'), 'utf8');
  }

  async resume(): Promise<void> {
    const red = join(process.cwd(), 'node_modules', 'node-red', 'red.js');
    const child = spawn(process.execPath, [red, '--userDir', this.userDir], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => writeFileSync(join(this.userDir, 'log.txt'), chunk, { flag: 'a' }));
    }
    await waitFor('Node-RED to answer', async () => {
      if (child.exitCode !== null) throw new Error(`Node-RED ended with ${child.exitCode}: ${this.log}`);
      return fetch(`${this.url}/flows`).then(
        ({ ok }) => ok,
        () => false,
      );
    });
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#process !== undefined) await endChild(this.#process, signal);
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.userDir, { recursive: true, force: true });
  }
}
