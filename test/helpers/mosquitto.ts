import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port';
import { waitFor } from './wait-for';

/** A real Mosquitto on a free port of 127.0.0.1. */
export class Mosquitto {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly port: number,
  ) {}

  /** @param config more lines for mosquitto.conf */
  static async start(config: string[] = ['allow_anonymous true']): Promise<Mosquitto> {
    const folder = mkdtempSync(join(tmpdir(), 'mosquitto-'));
    const port = await freePort();
    const file = join(folder, 'mosquitto.conf');
    writeFileSync(file, [`listener ${port} 127.0.0.1`, ...config, ''].join('\n'));
    const program = process.env.MOSQUITTO ?? 'mosquitto';
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` };
    const child = spawn(program, ['-c', file], { stdio: 'ignore', env });
    await once(child, 'spawn');
    const broker = new Mosquitto(child, folder, port);
    await waitFor('Mosquitto to listen', () => broker.#answers());
    return broker;
  }

  #answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
      socket.once('connect', () => socket.end());
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
