import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../helpers/free-port';
import { waitFor } from '../../helpers/wait-for';

export const PASSWORD = 'not a secret';
export const USER = 'station';

/** Debian puts servers where PATH of a normal user does not look. */
function findMosquitto(): string {
  for (const path of ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto']) {
    if (existsSync(path)) return path;
  }
  throw new Error('This test needs the MQTT broker Mosquitto: apt-get install mosquitto');
}

export { freePort };

/** Polls until a condition holds; tests wait for what they need, never for a time. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 30_000,
): Promise<void> {
  await waitFor(what, condition, timeoutMs);
}

async function answers(port: number): Promise<boolean> {
  const socket = connectTcp(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function makeCertificate(folder: string): void {
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost']
      .concat(['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'])
      .concat(['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')]),
    { stdio: 'ignore' },
  );
  chmodSync(join(folder, 'key.pem'), 0o644);
}

/** A real Mosquitto with TLS and a password, that keeps its sessions on disk, and that can be killed and started again. */
export class Mosquitto {
  readonly folder: string;
  port = 0;
  #process: ChildProcess | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async start(): Promise<Mosquitto> {
    const broker = new Mosquitto(mkdtempSync(join(tmpdir(), 'mosquitto-')));
    // run as root, Mosquitto gives up its rights and must still be able to read this
    chmodSync(broker.folder, 0o777);
    mkdirSync(join(broker.folder, 'data'), { mode: 0o777 });
    chmodSync(join(broker.folder, 'data'), 0o777);
    makeCertificate(broker.folder);
    const passwords = join(broker.folder, 'passwords');
    execFileSync('mosquitto_passwd', ['-b', '-c', passwords, USER, PASSWORD], { stdio: 'ignore' });
    chmodSync(passwords, 0o644);
    broker.port = await freePort();
    writeFileSync(
      join(broker.folder, 'mosquitto.conf'),
      [
        `listener ${broker.port} 127.0.0.1`,
        'allow_anonymous false',
        `password_file ${passwords}`,
        `certfile ${join(broker.folder, 'cert.pem')}`,
        `keyfile ${join(broker.folder, 'key.pem')}`,
        'persistence true',
        `persistence_location ${join(broker.folder, 'data')}/`,
        // every change is written: what is acknowledged survives a kill as well as this broker can
        'autosave_on_changes true',
        'autosave_interval 1',
        'max_queued_messages 0',
      ].join('\n'),
    );
    await broker.resume();
    return broker;
  }

  get certificate(): Buffer {
    return readFileSync(join(this.folder, 'cert.pem'));
  }

  /** Options of MQTT.js for a subscriber. */
  get clientOptions() {
    return { username: USER, password: PASSWORD, ca: this.certificate, rejectUnauthorized: true, reconnectPeriod: 100 };
  }

  get url(): string {
    return `mqtts://localhost:${this.port}`;
  }

  async resume(): Promise<void> {
    const child = spawn(findMosquitto(), ['-c', join(this.folder, 'mosquitto.conf')], { stdio: 'ignore' });
    this.#process = child;
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`Mosquitto ended with ${child.exitCode}`);
      return answers(this.port);
    }, 'Mosquitto to answer');
  }

  /** Ends the broker; SIGKILL is a crash. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async stop(): Promise<void> {
    await this.kill('SIGTERM');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The configuration nodes of a flow that talks to this broker, as the core nodes of Node-RED store them. */
export function brokerNodes(broker: Mosquitto, change: object = {}): object[] {
  return [
    {
      id: 'tls',
      type: 'tls-config',
      name: '',
      cert: '',
      key: '',
      ca: join(broker.folder, 'cert.pem'),
      certname: '',
      keyname: '',
      caname: '',
      servername: 'localhost',
      verifyservercert: true,
      alpnprotocol: '',
    },
    {
      id: 'broker',
      type: 'mqtt-broker',
      name: '',
      broker: 'localhost',
      port: String(broker.port),
      tls: 'tls',
      clientid: '',
      autoConnect: true,
      usetls: true,
      protocolVersion: '4',
      keepalive: '5',
      cleansession: true,
      autoUnsubscribe: true,
      birthTopic: '',
      closeTopic: '',
      willTopic: '',
      credentials: { user: USER, password: PASSWORD },
      ...change,
    },
  ];
}
