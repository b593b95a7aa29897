import { createServer } from 'node:net';

/** An MQTT broker inside this process, so that the demo needs nothing installed. */
export async function startBroker(port: number): Promise<{ stop: () => Promise<void> }> {
  // an ES module: a CommonJS program reaches it by a dynamic import
  const { Aedes } = await import('aedes');
  const aedes = await Aedes.createBroker();
  const server = createServer((socket) => aedes.handle(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    stop: async () => {
      await new Promise<void>((resolve) => aedes.close(resolve));
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
