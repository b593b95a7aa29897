import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The first port from `wanted` upwards that nobody listens on, on that host's addresses. */
export async function nextFreePort(wanted: number, host = '127.0.0.1'): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(false));
      probe.listen(port, host, () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error(`Expected a free port from ${wanted} to ${wanted + 99} on ${host} but all are taken`);
}

/** Hosts under which a browser reaches what listens on `host`: of all addresses, those of this machine's networks. */
export function reachableHosts(host: string): string[] {
  if (host !== '0.0.0.0' && host !== '::') return [host];
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return own.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address);
}
