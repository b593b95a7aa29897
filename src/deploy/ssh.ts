import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, ConnectionLost, lastLine } from './connection';
import type { Destination } from './destination';

/** A dead line is noticed after three unanswered questions. Host keys are what ssh's own configuration says of them. */
const OPTIONS = [
  '-T',
  ...['BatchMode=yes', 'ConnectTimeout=15', 'ServerAliveInterval=5', 'ServerAliveCountMax=3'].flatMap((each) => [
    '-o',
    each,
  ]),
  // whatever ssh's config says: no terminal, no command of its own, nothing forwarded
  ...[
    'PermitLocalCommand=no',
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'RemoteCommand=none',
    'RequestTTY=no',
  ].flatMap((each) => ['-o', each]),
];

const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 50;

/** What ssh is called with before the target. Everything in a Destination was checked by its reader. */
export function sshArguments({ port, identity, jump, config }: Destination): string[] {
  return [
    ...(config === undefined ? [] : ['-F', config]),
    ...OPTIONS,
    ...(port === undefined ? [] : ['-p', String(port)]),
    ...(identity === undefined ? [] : ['-i', identity, '-o', 'IdentitiesOnly=yes']),
    ...(jump === undefined ? [] : ['-J', jump]),
  ];
}

/** A target behind the system's ssh, which is spawned without a shell. One connection serves all commands where ssh can share it. */
export class SshConnection extends Connection {
  readonly name: string;
  readonly #destination: Destination;
  #shared: { master: ChildProcess; folder: string; socket: string } | undefined;

  private constructor(destination: Destination) {
    super();
    this.#destination = destination;
    this.name = destination.target;
  }

  /** @throws ConnectionLost with ssh's own last line: an unknown host key, no key that is taken, no such host */
  static async open(destination: Destination): Promise<SshConnection> {
    const connection = new SshConnection(destination);
    // Windows' ssh cannot share a connection
    if (process.platform !== 'win32') await connection.#share();
    return connection;
  }

  protected start(command: string): ChildProcess {
    const shared = this.#shared === undefined ? [] : ['-o', 'ControlMaster=no', '-S', this.#shared.socket];
    const args = [...sshArguments(this.#destination), ...shared, '--', this.#destination.target, command];
    return spawn('ssh', args, { stdio: 'pipe', windowsHide: true });
  }

  override close(): void {
    this.#shared?.master.kill('SIGTERM');
    if (this.#shared) rmSync(this.#shared.folder, { recursive: true, force: true });
    this.#shared = undefined;
  }

  async #share(): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'edge-'));
    const socket = join(folder, 's');
    const args = [...sshArguments(this.#destination), '-N', '-M', '-S', socket, '-o', 'ControlPersist=no'];
    const master = spawn('ssh', [...args, '--', this.#destination.target], { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    let failure: string | undefined;
    master.stderr.on('data', (piece) => (stderr += String(piece)));
    master.on('error', (error) => (failure = `The program ssh cannot be run: ${error.message}`));
    master.on('close', () => (failure ??= `The connection to ${this.name} failed: ${lastLine(stderr) || 'ssh ended'}`));
    this.#shared = { master, folder, socket };
    const until = performance.now() + READY_LIMIT_MS;
    while (!existsSync(socket)) {
      if (failure === undefined && performance.now() > until)
        failure = `${this.name} did not let us in within a minute`;
      if (failure !== undefined) {
        this.close();
        throw new ConnectionLost(failure);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}
