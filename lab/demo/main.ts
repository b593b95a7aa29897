// `npm run demo [-- --host 0.0.0.0 --port 1880]`: a real Node-RED with the factory dashboard, an MQTT broker, and a
// subscriber that prints what arrives.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { demoArguments } from './arguments';
import { startBroker } from './broker';
import { nextFreePort, reachableHosts } from './ports';
import { describeMessage } from './print';
import { layOutUserDir } from './user-dir';

/** The clone, seen from dist/lab/demo. */
const ROOT = join(__dirname, '..', '..', '..');
const EDITOR_PORT = 1880;
const MQTT_PORT = 1883;

async function main(): Promise<void> {
  const { host, port } = demoArguments(process.argv.slice(2));
  const mqttPort = await nextFreePort(MQTT_PORT);
  const editorPort = await nextFreePort(port ?? EDITOR_PORT, host);
  if (mqttPort !== MQTT_PORT)
    console.log(`Port ${MQTT_PORT} is taken: the MQTT broker listens on ${mqttPort} instead.`);
  if (port !== undefined && editorPort !== port)
    throw new Error(`Expected a free port for --port but ${port} is taken on ${host}`);
  if (editorPort !== (port ?? EDITOR_PORT))
    console.log(`Port ${EDITOR_PORT} is taken: Node-RED listens on ${editorPort} instead.`);

  const broker = await startBroker(mqttPort);
  const subscriber = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`);
  subscriber.on('message', (topic, payload) => {
    const line = describeMessage(topic, payload);
    if (line) console.log(line);
  });
  await subscriber.subscribeAsync('inspection/#');

  const userDir = layOutUserDir(ROOT, { mqttPort, host, editorPort });
  const redJs = join(ROOT, 'node_modules', 'node-red', 'red.js');
  // A group of its own: Ctrl-C reaches this process only, which then stops the parts in order.
  const nodeRed = spawn(process.execPath, [redJs, '--userDir', userDir], {
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    console.log('\nStopping …');
    if (nodeRed.exitCode === null && nodeRed.signalCode === null) {
      const ended = once(nodeRed, 'exit');
      nodeRed.kill('SIGTERM');
      await ended;
    }
    await subscriber.endAsync();
    await broker.stop();
    console.log('Stopped.');
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop());
  nodeRed.once('exit', (code) => {
    if (!stopping) {
      console.error(`Node-RED ended with ${code}.`);
      process.exitCode = 1;
      void stop();
    }
  });
  const [first = host, ...others] = reachableHosts(host);
  const dashboards = [first, ...others].map((name) => `http://${name}:${editorPort}/dashboard`);
  console.log(
    [
      '',
      `  Dashboard         ${dashboards.join('  ')}`,
      `  Node-RED editor   http://${first}:${editorPort}`,
      `  MQTT broker       mqtt://127.0.0.1:${mqttPort}   topics inspection/#`,
      '  Stop              Ctrl-C',
      ...(host === '127.0.0.1' || host === 'localhost'
        ? []
        : ['', '  Everybody in the network can change this flow: the demo has no password.']),
      '',
      'Alerts, as an MQTT subscriber receives them:',
    ].join('\n'),
  );
}

void main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
