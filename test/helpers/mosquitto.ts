import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild } from './child-processes';
import { freePort } from './free-port';
import { waitFor } from './wait-for';

/** Starts the broker with a configuration file and waits until it takes connections on the port. */
export async function startMosquitto(configFile: string, port: number): Promise<ChildProcess> {
  const program = process.env.MOSQUITTO ?? 'mosquitto';
  // Debian puts servers where PATH of a normal user does not look
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin` };
  const child = spawn(program, ['-c', configFile], { stdio: 'ignore', env });
  await once(child, 'spawn');
  await waitFor('Mosquitto to listen', () => {
    if (child.exitCode !== null) throw new Error(`Mosquitto ended with ${child.exitCode}`);
    return answers(port);
  });
  return child;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });
}

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
    return new Mosquitto(await startMosquitto(file, port), folder, port);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await endChild(this.child, signal);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
