import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections (Linux from 32768, others from 49152). A port out of those may
 * be taken, by any connection on the machine, between being found free and being listened on; and a client that knocks on
 * one whose server is down can be given that very port as its own and end up connected to itself.
 */
const FIRST = 20_000;
const PORTS = 12_000;

/** A port nobody listens on right now, for programs that cannot be told to choose one themselves. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = FIRST + Math.floor(Math.random() * PORTS);
    if (await isFree(port)) return port;
  }
  throw new Error(`Expected a free port from ${FIRST} on but 100 tries found none`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
