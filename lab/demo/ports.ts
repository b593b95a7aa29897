import { createServer } from 'node:net';

/** The first port from `wanted` upwards that nobody listens on, on 127.0.0.1. */
export async function nextFreePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error(`Expected a free port from ${wanted} to ${wanted + 99} on 127.0.0.1 but all are taken`);
}
