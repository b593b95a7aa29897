import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linkPackage } from '../../helpers/linked-package';
import { NodeRedProcess } from '../../helpers/node-red-process';
import { NODE_RED_4 } from '../../helpers/node-red-versions';
import { ROOT } from '../../helpers/root';
import { writeTinyModel } from '../../helpers/tiny-model';

export type FlowNode = Record<string, unknown> & { id: string; type: string };

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
  linkPackage(userDir, ['@flowfuse/node-red-dashboard']);
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
