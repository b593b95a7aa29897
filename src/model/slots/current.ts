import { InspectionError } from '../../contract/errors';
import { nodeDisk, statOf, type Disk } from '../../kit/disk';
import { POINTER_FILE, slotFolder, SLOT_NAMES } from './layout';
import { readStation } from './station';

/** Whether a path is a station folder: one with a pointer, or with at least one slot. */
export async function isStation(path: string, disk: Disk = nodeDisk): Promise<boolean> {
  if ((await statOf(disk, `${path}/${POINTER_FILE}`))?.isFile()) return true;
  for (const slot of SLOT_NAMES) if ((await statOf(disk, slotFolder(path, slot)))?.isDirectory()) return true;
  return false;
}

/**
 * The model to load for a path that a user gave: a station folder leads to its current slot, verified; anything else
 * stays as it is. Reads only.
 *
 * @throws InspectionError MODEL_INVALID when a station has no slot that may be started
 */
export async function currentModelPath(path: string, disk: Disk = nodeDisk): Promise<string> {
  if (!(await isStation(path, disk))) return path;
  const { chosen, slots } = await readStation(disk, path);
  if (chosen !== undefined) return chosen.folder;
  const problems = Object.values(slots).map(({ slot, problem, role }) => `slot ${slot}: ${problem ?? role}`);
  throw new InspectionError(
    'MODEL_INVALID',
    `Expected a station with a valid model for ${path} but received ${problems.join('; ')}`,
  );
}
