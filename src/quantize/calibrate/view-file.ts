import { readFile, writeFile } from 'node:fs/promises';
import { expected, messageOf } from '../../contract/errors';
import type { Rectangle } from '../../contract/frame';
import { parseRotation, viewOf, type View } from '../../contract/view';

const pathOf = (picture: string): string => `${picture}.view.json`;

/** Writes down what of a picture is inspected, beside the picture; nothing for a picture that is inspected as it is. */
export async function writeView(picture: string, view: View): Promise<void> {
  const said = viewOf(view);
  if (said) await writeFile(pathOf(picture), JSON.stringify(said));
}

/**
 * What of a picture is inspected, as it was written down beside it.
 *
 * @returns undefined when nothing was
 * @throws InspectionError BAD_ARGUMENT for a file that says something else
 */
export async function readView(picture: string): Promise<View | undefined> {
  const path = pathOf(picture);
  let said: unknown;
  try {
    said = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw expected('a view as JSON', path, messageOf(error));
  }
  const { rotate = 0, region } = (said ?? {}) as { rotate?: unknown; region?: unknown };
  return viewOf({ rotate: parseRotation(rotate), ...(region !== undefined && { region: readRegion(region, path) }) });
}

function readRegion(value: unknown, path: string): Rectangle {
  const { x, y, width, height } = (value ?? {}) as Record<string, unknown>;
  const sides = [x, y, width, height];
  if (sides.every((side) => typeof side === 'number' && Number.isFinite(side))) {
    return { x, y, width, height } as Rectangle;
  }
  throw expected('a region with x, y, width and height in pixels', path, JSON.stringify(value));
}
