import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type FlowNode = Record<string, unknown> & { type: string };

/**
 * Lays out a Node-RED user folder with this package installed (as a link to the clone) and the camera-to-MQTT example as
 * its flow. Nothing outside the clone is touched: the user's own ~/.node-red stays as it is.
 */
export function layOutUserDir(root: string, mqttPort: number, editorPort: number): string {
  const userDir = join(root, '.cache', 'demo');
  rmSync(userDir, { recursive: true, force: true });
  const scope = join(userDir, 'node_modules', '@edge-inspect');
  mkdirSync(scope, { recursive: true });
  symlinkSync(root, join(scope, 'node-red-inspection'), 'dir');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  writeFileSync(
    join(userDir, 'package.json'),
    JSON.stringify({ name: 'demo', private: true, dependencies: { '@edge-inspect/node-red-inspection': version } }),
  );
  writeFileSync(
    join(userDir, 'settings.js'),
    `module.exports = ${JSON.stringify({
      uiHost: '127.0.0.1',
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
  const example = join(root, 'examples', '02 - Camera to MQTT alert.json');
  if (!existsSync(example)) throw new Error(`Expected the example flow but there is no ${example}`);
  const flow = (JSON.parse(readFileSync(example, 'utf8')) as FlowNode[]).map((node) =>
    node.type === 'mqtt-broker' ? { ...node, port: String(mqttPort) } : node,
  );
  writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow, null, 2));
  return userDir;
}
