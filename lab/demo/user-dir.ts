import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type FlowNode = Record<string, unknown> & { type: string };

/** Where the demo's parts listen. */
export interface DemoPorts {
  mqttPort: number;
  /** Address and port of Node-RED. */
  host: string;
  editorPort: number;
}

const DASHBOARD = '@flowfuse/node-red-dashboard';
const BROKER_ID = 'demo-broker';

/** The dashboard example, told over the demo's broker. */
function demoFlow(example: string, mqttPort: number): FlowNode[] {
  const flow = JSON.parse(readFileSync(example, 'utf8')) as FlowNode[];
  const broker = { id: BROKER_ID, type: 'mqtt-broker', name: 'demo', broker: '127.0.0.1', port: String(mqttPort) };
  return [
    ...flow.map((node) => (node.type === 'defect-alert' ? { ...node, broker: BROKER_ID } : node)),
    {
      ...broker,
      clientid: '',
      autoConnect: true,
      usetls: false,
      protocolVersion: '4',
      keepalive: '60',
      cleansession: true,
    },
  ];
}

/**
 * Lays out a Node-RED user folder with this package (as a link to the clone) and the dashboard installed, and the factory
 * dashboard as its flow. Nothing outside the clone is touched: the user's own ~/.node-red stays as it is.
 */
export function layOutUserDir(root: string, { mqttPort, host, editorPort }: DemoPorts): string {
  const userDir = join(root, '.cache', 'demo');
  rmSync(userDir, { recursive: true, force: true });
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, string>;
  const links = { [name as string]: root, [DASHBOARD]: join(root, 'node_modules', DASHBOARD) };
  for (const [linkName, target] of Object.entries(links)) {
    const link = join(userDir, 'node_modules', linkName);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link, 'dir');
  }
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({
      name: 'demo',
      private: true,
      dependencies: { [name as string]: version, [DASHBOARD]: '*' },
    }),
  );
  writeFileSync(
    join(userDir, 'settings.js'),
    `module.exports = ${JSON.stringify({
      uiHost: host,
      uiPort: editorPort,
      flowFile: 'flows.json',
      credentialSecret: 'demo',
      telemetry: { enabled: false, updateNotification: false },
      editorTheme: { tours: false },
      // a development dependency of the clone that Node-RED would find beside itself
      nodesExcludes: ['yolov8.js'],
      logging: { console: { level: 'warn', metrics: false, audit: false } },
    })};\n`,
  );
  const example = join(root, 'examples', '06 - Factory dashboard.json');
  if (!existsSync(example)) throw new Error(`Expected the example flow but there is no ${example}`);
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(demoFlow(example, mqttPort), null, 2));
  return userDir;
}
