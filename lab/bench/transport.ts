/**
 * Which way a frame should take from Node-RED's process to the detector process.
 *
 * Every transport sends the same frames to a child that answers each with a few bytes, one frame at a time. What counts
 * is `main thread ms`: how long Node-RED's event loop is busy per frame; then the round trip and the loop delay.
 *
 * Usage: npm run lab -- transport
 */
import { fork, spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { createServer, createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { percentilesOf } from '../../src/kit/percentiles';
import { Channel, CHANNEL_FD } from '../../src/detector/channel';

interface Header {
  id: number;
  bytes?: number;
}

/** Sends one frame, resolves when its answer is back. */
interface Link {
  child: ChildProcess;
  request(frame: Buffer): Promise<void>;
  close(): void;
}

const FRAMES = 300;
const WARM_UP_FRAMES = 30;
const SHARED_FD = 4;

/** One promise per frame; frames go one at a time. */
class Pending {
  #resolve: () => void = () => {};
  readonly done = (): void => this.#resolve();
  next(): Promise<void> {
    return new Promise((resolve) => (this.#resolve = resolve));
  }
}

function spawnEcho(name: string, stdio: StdioOptions, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [__filename, 'echo', name, ...args], { stdio });
}

function forkLink(name: string, serialization: 'json' | 'advanced', encode: (frame: Buffer) => unknown): Link {
  const child = fork(__filename, ['echo', name], { serialization });
  const pending = new Pending();
  child.on('message', pending.done);
  return {
    child,
    request(frame) {
      const answer = pending.next();
      child.send(encode(frame) as object);
      return answer;
    },
    close: () => child.disconnect(),
  };
}

function channelLink(child: ChildProcess, stream: Duplex): Link {
  const pending = new Pending();
  const channel = Channel.over<Header, Header>(stream).onMessage(pending.done);
  return {
    child,
    request(frame) {
      const answer = pending.next();
      channel.send({ id: 1 }, frame);
      return answer;
    },
    close: () => channel.close(),
  };
}

async function unixSocketLink(name: string): Promise<Link> {
  const folder = mkdtempSync(join(tmpdir(), 'transport-'));
  const path = join(folder, 'socket');
  const server = createServer().listen(path);
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const child = spawnEcho(name, 'inherit', path);
  const link = channelLink(child, await connected);
  server.close();
  rmSync(folder, { recursive: true, force: true });
  return link;
}

/** Pixels through an unlinked file in memory (/dev/shm) that both sides hold open; only the header goes over the pipe. */
function sharedMemoryLink(name: string): Link {
  const path = `/dev/shm/transport-${process.pid}`;
  const fd = openSync(path, 'w+');
  unlinkSync(path);
  const child = spawnEcho(name, ['ignore', 'inherit', 'inherit', 'pipe', fd]);
  const pending = new Pending();
  const channel = Channel.over<Header, Header>(child.stdio[CHANNEL_FD] as Duplex).onMessage(pending.done);
  return {
    child,
    request(frame) {
      const answer = pending.next();
      writeSync(fd, frame, 0, frame.byteLength, 0);
      channel.send({ id: 1, bytes: frame.byteLength });
      return answer;
    },
    close() {
      channel.close();
      closeSync(fd);
    },
  };
}

function pipeLink(name: string): Link {
  const child = spawnEcho(name, ['ignore', 'inherit', 'inherit', 'pipe']);
  return channelLink(child, child.stdio[CHANNEL_FD] as Duplex);
}

/** The child's side: answers `1` to every frame, once all of it has arrived. */
function echoFork(): void {
  process.on('message', () => process.send?.(1));
  process.on('disconnect', () => process.exit());
}

function echoChunks(stream: Duplex): void {
  const channel: Channel<Header, Header> = Channel.over<Header, Header>(stream)
    .onMessage(() => channel.send({ id: 1 }))
    .onClose(() => process.exit());
}

function echoDirect(): void {
  const channel: Channel<Header, Header> = Channel.ofDescriptor<Header, Header>(CHANNEL_FD)
    .onMessage(() => channel.send({ id: 1 }))
    .onClose(() => process.exit());
}

async function echoShared(): Promise<void> {
  const channel: Channel<Header, Header> = Channel.ofDescriptor<Header, Header>(CHANNEL_FD)
    .onMessage(({ bytes = 0 }) => {
      readSync(SHARED_FD, Buffer.allocUnsafeSlow(bytes), 0, bytes, 0);
      channel.send({ id: 1 });
    })
    .onClose(() => process.exit());
}

async function pipeSocket(): Promise<Duplex> {
  const { Socket } = await import('node:net');
  return new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
}

const TRANSPORTS: Record<string, { open: (name: string) => Link | Promise<Link>; echo: () => void | Promise<void> }> = {
  'fork, JSON, base64': {
    open: (name) => forkLink(name, 'json', (frame) => ({ id: 1, image: frame.toString('base64') })),
    echo() {
      process.on('message', (message: { image: string }) =>
        process.send?.(Buffer.from(message.image, 'base64').length),
      );
    },
  },
  'fork, advanced': { open: (name) => forkLink(name, 'advanced', (image) => ({ id: 1, image })), echo: echoFork },
  'unix socket': {
    open: unixSocketLink,
    echo: () => echoChunks(createConnection(process.argv[4] as string)),
  },
  'stdio pipe, chunks': { open: pipeLink, echo: async () => echoChunks(await pipeSocket()) },
  'stdio pipe, read in place': { open: pipeLink, echo: echoDirect },
  'shared memory file + pipe': { open: sharedMemoryLink, echo: echoShared },
};

const PAYLOADS: Record<string, number> = { '150 kB JPEG': 150_000, '1.2 MB raw RGB': 640 * 640 * 3 };

async function measure(name: string, frame: Buffer): Promise<Record<string, string>> {
  const link = await (TRANSPORTS[name] as (typeof TRANSPORTS)[string]).open(name);
  for (let i = 0; i < WARM_UP_FRAMES; i++) await link.request(frame);
  const loopDelay = monitorEventLoopDelay({ resolution: 1 });
  const before = performance.eventLoopUtilization();
  const trips: number[] = [];
  loopDelay.enable();
  for (let i = 0; i < FRAMES; i++) {
    const start = performance.now();
    await link.request(frame);
    trips.push(performance.now() - start);
  }
  loopDelay.disable();
  const busyMs = performance.eventLoopUtilization(before).active / FRAMES;
  const exited = new Promise((resolve) => link.child.once('exit', resolve));
  link.close();
  await exited;
  const { p50, p99 } = percentilesOf(trips);
  return {
    transport: name,
    'round trip p50 ms': p50.toFixed(2),
    'p99 ms': p99.toFixed(2),
    'main thread ms per frame': busyMs.toFixed(3),
    'loop delay p99 ms': (loopDelay.percentile(99) / 1e6).toFixed(1),
  };
}

async function main(): Promise<void> {
  for (const [payload, bytes] of Object.entries(PAYLOADS)) {
    console.log(`\n${payload} (${bytes} bytes), ${FRAMES} frames`);
    const rows = [];
    for (const name of Object.keys(TRANSPORTS)) rows.push(await measure(name, Buffer.alloc(bytes, 7)));
    console.table(rows);
  }
}

if (process.argv[2] === 'echo') void TRANSPORTS[process.argv[3] as string]?.echo();
else void main();
