import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT } from './root';
import { waitFor } from './wait-for';

type FlowNode = Record<string, unknown> & { id: string; type: string };

/** What Node-RED writes by itself, whatever is deployed; and the books of the whole station, which are not one flow's to remove. */
const NODE_REDS_OWN = /^\.config\.|\.backup$|^\.sessions|^\.npm|^inspection\/books\.json/;

/**
 * A machine to deploy to: a home folder of its own, a real Node-RED, and in place of systemd a program `systemctl` that
 * starts and stops it. Other programs can be replaced by ones that fail.
 */
export class ScratchTarget {
  readonly home = mkdtempSync(join(tmpdir(), 'scratch-home-'));
  readonly bin = join(this.home, 'stand-ins');
  readonly userDir = join(this.home, '.node-red');
  readonly port: number;
  readonly url: string;

  constructor(port: number) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    mkdirSync(this.bin);
    symlinkSync(process.execPath, join(this.bin, 'node'));
    const red = join(ROOT, 'node_modules', 'node-red', 'red.js');
    this.replace('node-red', `exec "${process.execPath}" "${red}" "$@"`);
    this.replace('sudo', 'shift; exec "$@"');
    this.replace(
      'systemctl',
      `p=${this.home}/node-red.pid
stop() { [ -f "$p" ] && kill "$(cat "$p")" 2>/dev/null && while kill -0 "$(cat "$p")" 2>/dev/null; do sleep 0.1; done; rm -f "$p"; }
case "$1" in
  cat) exit 0 ;;
  is-active) if [ -f "$p" ] && kill -0 "$(cat "$p")" 2>/dev/null; then echo active; else echo inactive; exit 3; fi ;;
  stop) stop ;;
  restart) stop
    setsid node "${red}" -p ${port} --userDir "${this.userDir}" -D telemetry.enabled=false </dev/null >>${this.home}/node-red.log 2>&1 &
    echo $! >"$p" ;;
  *) exit 1 ;;
esac
exit 0`,
    );
  }

  get env(): NodeJS.ProcessEnv {
    return { HOME: this.home, PATH: `${this.bin}:/usr/local/bin:/usr/bin:/bin`, USER: 'me' };
  }

  /** A program of the target. @param text what it does, as POSIX sh */
  replace(program: string, text: string): void {
    const path = join(this.bin, program);
    rmSync(path, { force: true });
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
  }

  /** The target's own program again. */
  restore(program: string): void {
    rmSync(join(this.bin, program), { force: true });
  }

  service(verb: 'restart' | 'stop'): void {
    spawnSync(join(this.bin, 'systemctl'), [verb], { env: this.env, stdio: 'ignore' });
  }

  async started(): Promise<void> {
    await waitFor(
      'Node-RED of the target',
      async () => (await this.flows().catch(() => undefined)) !== undefined,
      60_000,
    );
  }

  async flows(): Promise<FlowNode[]> {
    const response = await fetch(`${this.url}/flows`, { headers: { accept: 'application/json' } });
    return (await response.json()) as FlowNode[];
  }

  async setFlows(flows: FlowNode[]): Promise<void> {
    const response = await fetch(`${this.url}/flows`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(flows),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  /** A hash per file of the user folder, but for what Node-RED writes by itself and deploy's journal. */
  snapshot(): Record<string, string> {
    const found: Record<string, string> = {};
    if (!existsSync(this.userDir)) return found;
    for (const entry of readdirSync(this.userDir, { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const name = relative(this.userDir, path);
      if (NODE_REDS_OWN.test(name) || name === '.edge-inspect/journal.jsonl') continue;
      if (entry.isSymbolicLink()) found[name] = `-> ${readlinkSync(path)}`;
      else if (entry.isFile()) found[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
      else if (readdirSync(path).length === 0) found[`${name}/`] = 'empty';
    }
    return found;
  }

  remove(): void {
    this.service('stop');
    rmSync(this.home, { recursive: true, force: true });
  }
}
