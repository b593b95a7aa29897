import { nonEmptyString, oneOf } from '../../validate';
import { parseCameraUrl, type Credentials } from './camera-url';
import { folderSource } from './folder';
import { httpSnapshotSource } from './http-snapshot';
import { parseSettings, type CameraSettings } from './settings';
import type { FrameSource, SourceListener } from './source';

/** A checked camera, ready to be opened. */
export interface CameraPlan {
  settings: CameraSettings;
  open(listener: SourceListener): FrameSource;
  /** The source can be made to wait; others go on whether someone listens or not. */
  canWait: boolean;
}

interface SourceRow {
  canWait: boolean;
  /** Checks the properties of this source and says how to open it. */
  plan(
    raw: Record<string, unknown>,
    settings: CameraSettings,
    credentials: Credentials,
  ): (listener: SourceListener) => FrameSource;
}

/** One row per kind of camera. */
const SOURCES: Record<string, SourceRow> = {
  folder: {
    canWait: true,
    plan: (raw, { maxBytes }) => {
      const path = nonEmptyString(raw.path, 'path');
      const loop = raw.loop === true || raw.loop === 'true';
      return (listener) => folderSource({ path, loop, maxBytes }, listener);
    },
  },
  http: {
    canWait: true,
    plan: (raw, { maxBytes, timeoutMs }, credentials) => {
      const url = parseCameraUrl(raw.url, ['http', 'https']);
      return (listener) => httpSnapshotSource({ url, credentials, timeoutMs, maxBytes }, listener);
    },
  },
};

export const SOURCE_NAMES: readonly string[] = Object.keys(SOURCES);

/**
 * Checks the properties of a camera as they stand in a flow.
 *
 * @param raw properties of the node `camera-in`
 * @throws InspectionError BAD_ARGUMENT *Expected X for Y but received Z*
 */
export function planCamera(raw: Record<string, unknown>, credentials: Credentials = {}): CameraPlan {
  const settings = parseSettings(raw);
  const row = SOURCES[oneOf(raw.source, 'source', SOURCE_NAMES)] as SourceRow;
  return { settings, canWait: row.canWait, open: row.plan(raw, settings, credentials) };
}
