import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:net';
import { endChild } from './child-processes';
import { freePort } from './free-port';
import { waitFor } from './wait-for';

const SSHD = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((path) => existsSync(path));

/** Why there can be no server here; undefined: there can. */
export function whyNoSshd(): string | undefined {
  if (SSHD === undefined) return 'openssh-server is not installed';
  if (spawnSync('ssh', ['-V']).status !== 0) return 'openssh-client is not installed';
  return undefined;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}

/** A real OpenSSH server on 127.0.0.1 for whoever runs the test, with keys and a home folder of its own. */
export class ScratchSshd {
  readonly user = userInfo().username;

  private constructor(
    private readonly child: ChildProcess,
    readonly folder: string,
    readonly port: number,
  ) {}

  /** @param env HOME and PATH of those who log in */
  static async start(env: NodeJS.ProcessEnv): Promise<ScratchSshd> {
    const folder = mkdtempSync(join(tmpdir(), 'sshd-'));
    const port = await freePort();
    for (const key of ['host', 'other-host', 'me', 'stranger']) {
      execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, key)]);
    }
    const publicKey = (name: string): string => readFileSync(join(folder, `${name}.pub`), 'utf8');
    writeFileSync(join(folder, 'authorized_keys'), publicKey('me'), { mode: 0o600 });
    const config = [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(folder, 'host')}`,
      `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
      `PidFile ${join(folder, 'pid')}`,
      ...[
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        'KbdInteractiveAuthentication no',
        'PermitRootLogin prohibit-password',
      ],
      `SetEnv HOME=${env.HOME} PATH=${env.PATH}`,
    ];
    writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`);
    // where root's server goes to be nobody
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
    const child = spawn(SSHD!, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
    const sshd = new ScratchSshd(child, folder, port);
    for (const [name, key] of [
      ['known', 'host'],
      ['wrong', 'other-host'],
    ] as const) {
      const [kind, bytes] = publicKey(key).split(' ');
      writeFileSync(join(folder, `${name}_hosts`), `[127.0.0.1]:${port},[localhost]:${port} ${kind} ${bytes}\n`);
    }
    writeFileSync(join(folder, 'empty_hosts'), '');
    await waitFor('the ssh server to listen', () => {
      if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}`);
      return listens(port);
    });
    return sshd;
  }

  /** A file for --ssh-config. */
  config({
    hosts = 'known',
    key = 'me',
  }: { hosts?: 'known' | 'wrong' | 'empty'; key?: 'me' | 'stranger' } = {}): string {
    const file = join(this.folder, `config-${hosts}-${key}`);
    const lines = [
      'Host *',
      `  UserKnownHostsFile ${join(this.folder, `${hosts}_hosts`)}`,
      '  GlobalKnownHostsFile none',
      `  IdentityFile ${join(this.folder, key)}`,
      '  IdentitiesOnly yes',
      '  IdentityAgent none',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }

  async stop(): Promise<void> {
    await endChild(this.child, 'SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
