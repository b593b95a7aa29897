/**
 * The HTTP camera of lab/bench/cameras.ts, in a process of its own so that its cost is not counted: one picture, 10 times a
 * second, with the time of its making drawn into it; as snapshot and as stream. Reports its port as JSON on the first line;
 * ends when its standard input closes. rtsp-camera.py does the same over RTSP.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';

/** Pictures of an industrial camera at a common size. */
export const RIG = { width: 1280, height: 720, fps: 10, timeBits: 16 } as const;
/** Height of the row of blocks that carries the time, pixels. */
export const CODE_HEIGHT = 40;

/** Draws a time into the top row: black and white blocks, most significant bit first; survives H.264 and scaling. */
function drawTime(pixels: Buffer, nowMs: number): void {
  const blockWidth = RIG.width / RIG.timeBits;
  for (let y = 0; y < CODE_HEIGHT; y += 1) {
    for (let bit = 0; bit < RIG.timeBits; bit += 1) {
      const level = ((nowMs >> (RIG.timeBits - 1 - bit)) & 1) * 255;
      pixels.fill(level, (y * RIG.width + bit * blockWidth) * 3, (y * RIG.width + (bit + 1) * blockWidth) * 3);
    }
  }
}

/** Reads the time again, from pixels whose content begins at row `top` and was scaled to `width`. */
export function readTime(pixels: Uint8Array, width: number, top: number): number {
  const blockWidth = width / RIG.timeBits;
  const row = top + Math.round((CODE_HEIGHT / 2) * (width / RIG.width));
  let time = 0;
  for (let bit = 0; bit < RIG.timeBits; bit += 1) {
    const at = (row * width + Math.round((bit + 0.5) * blockWidth)) * 3;
    time = time * 2 + ((pixels[at] as number) > 127 ? 1 : 0);
  }
  return time;
}

/** What the cameras look at: raw RGB. */
export async function drawScene(): Promise<Buffer> {
  const { width, height } = RIG;
  const noise = { type: 'gaussian', mean: 120, sigma: 30 } as const;
  const create = { width, height, channels: 3, background: '#777', noise } as const;
  return sharp({ create }).blur(1.5).raw().toBuffer();
}

async function serve(): Promise<void> {
  const { width, height, fps } = RIG;
  const pixels = await drawScene();
  const raw = { raw: { width, height, channels: 3 as const } };
  const viewers = new Set<ServerResponse>();
  const waiting = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    if (request.url === '/snapshot') return waiting.add(response);
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=rig' });
    viewers.add(response);
    return response.on('close', () => viewers.delete(response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  console.log(JSON.stringify({ port: (server.address() as AddressInfo).port }));
  setInterval(() => {
    drawTime(pixels, Date.now());
    void sharp(pixels, raw)
      .jpeg({ quality: 85 })
      .toBuffer()
      .then((jpeg) => {
        for (const response of waiting) response.end(jpeg);
        waiting.clear();
        const head = `\r\n--rig\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
        for (const response of viewers) response.write(Buffer.concat([Buffer.from(head), jpeg]));
      });
  }, 1000 / fps);
  process.stdin.resume().on('end', () => process.exit(0));
}

if (require.main === module) void serve();
