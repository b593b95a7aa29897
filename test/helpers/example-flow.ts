import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export type FlowNode = Record<string, unknown> & { id: string; type: string };

/**
 * An example as it is in the package, with what a user would set in the editor.
 *
 * @param packageDir where the package is
 * @param number as its name begins, such as `02`
 * @param settings by node type: merged into every node of that type
 */
export function exampleFlow(
  packageDir: string,
  number: string,
  settings: Record<string, Record<string, unknown>>,
): FlowNode[] {
  const folder = join(packageDir, 'examples');
  const file = readdirSync(folder).find((entry) => entry.startsWith(`${number} - `)) as string;
  const flow = JSON.parse(readFileSync(join(folder, file), 'utf8')) as FlowNode[];
  return flow.map((node) => ({ ...node, ...settings[node.type] }));
}
