import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { NodeRedProcess } from '../../helpers/node-red-process';
import { NODE_RED_4 } from '../../helpers/node-red-versions';
import { ROOT } from '../../helpers/root';
import { writeTinyModel } from '../../helpers/tiny-model';

export type FlowNode = Record<string, unknown> & { id: string; type: string };

const PACKAGES = ['@edge-inspect/node-red-inspection', '@flowfuse/node-red-dashboard'];

/** The example as it is shipped. */
export function dashboardExample(): FlowNode[] {
  return JSON.parse(readFileSync(join(ROOT, 'examples', '06 - Factory dashboard.json'), 'utf8')) as FlowNode[];
}

export interface Dashboard {
  nodeRed: NodeRedProcess;
  userDir: string;
  /** Address of the page. */
  url: string;
  stop(): Promise<void>;
}

/** A Node-RED with this package and the dashboard, and a tiny model in `tiny.onnx`; the flow is deployed by the caller. */
export async function startDashboard(): Promise<Dashboard> {
  const userDir = mkdtempSync(join(tmpdir(), 'dashboard-'));
  const modules = join(userDir, 'node_modules');
  for (const name of PACKAGES) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(name === PACKAGES[0] ? ROOT : join(ROOT, 'node_modules', name), join(modules, name));
  }
  const dependencies = Object.fromEntries(PACKAGES.map((name) => [name, '*']));
  writeFileSync(join(userDir, 'package.json'), JSON.stringify({ name: 'project', private: true, dependencies }));
  writeTinyModel(join(userDir, 'tiny.onnx'));
  const nodeRed = await NodeRedProcess.start({ redJs: NODE_RED_4.redJs, userDir });
  return {
    nodeRed,
    userDir,
    url: `${nodeRed.url}/dashboard/inspection`,
    stop: async () => {
      await nodeRed.stop();
      rmSync(userDir, { recursive: true, force: true });
    },
  };
}
