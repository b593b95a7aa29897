import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { after } from 'node:test';

/** As in rtsp-server.py: every character that could mean something to a url, a shell or a script. */
export const USER = 'viewer-7f3a';
export const PASSWORD = "pa'ss w@rd:/#?";

const SCRIPT = join(__dirname, '..', '..', '..', 'test', 'camera', 'rtsp-server.py');

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}

function endAfter(child: ChildProcess): ChildProcess {
  after(() => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  return child;
}

/** ffmpeg sends a moving test picture, GStreamer's RTSP server serves it; both real, both gone after the tests. */
export class RtspServer {
  port = 0;
  server: ChildProcess | undefined;
  readonly #auth: 'none' | 'basic' | 'digest';
  readonly #scene: string;
  #rtpPort = 0;

  /** @param scene what the camera looks at, as ffmpeg draws it */
  constructor(auth: 'none' | 'basic' | 'digest', scene = 'testsrc2') {
    this.#auth = auth;
    this.#scene = scene;
  }

  get url(): string {
    return `rtsp://127.0.0.1:${this.port}/cam`;
  }

  async start(): Promise<this> {
    this.#rtpPort = await freeUdpPort();
    const source = ['-re', '-f', 'lavfi', '-i', `${this.#scene}=size=320x240:rate=25`];
    // several slices a picture, as many cameras code
    const coding = ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '12', '-bf', '0'].concat(
      ...['-x264-params', 'slices=4'],
    );
    const target = ['-bsf:v', 'dump_extra', '-payload_type', '96', '-f', 'rtp', `rtp://127.0.0.1:${this.#rtpPort}`];

    endAfter(spawn('ffmpeg', ['-loglevel', 'error', ...source, ...coding, ...target], { stdio: 'ignore' }));
    await this.serve();
    return this;
  }

  /** Starts the server, on the same port as before if there was one. */
  async serve(): Promise<void> {
    const args = [SCRIPT, String(this.port), this.#auth, String(this.#rtpPort)];
    this.server = endAfter(spawn('/usr/bin/python3', args, { stdio: ['pipe', 'pipe', 'inherit'] }));
    if (!this.server.stdout) throw new Error('no output');
    const [line] = (await once(this.server.stdout, 'data')) as [Buffer];
    this.port = Number(line.toString());
  }

  async kill(): Promise<void> {
    if (!this.server) return;
    const gone = once(this.server, 'exit');
    this.server.kill('SIGKILL');
    await gone;
  }
}
