import { execFileSync, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endChild } from '../../helpers/child-processes';
import { freePort } from '../../helpers/free-port';
import { startMosquitto } from '../../helpers/mosquitto';

export const PASSWORD = 'not a secret';
export const USER = 'station';

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
    this.#process = await startMosquitto(join(this.folder, 'mosquitto.conf'), this.port);
  }

  /** Ends the broker; SIGKILL is a crash. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.#process !== undefined) await endChild(this.#process, signal);
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
