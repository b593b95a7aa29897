import { messageOf } from '../../contract/errors';
import { listCameras } from '../../camera/list';
import { takeTestPicture } from '../../camera/test-picture';
import { fail, note, ok } from '../finding';
import type { LiveCheck } from './live';

/** Properties of camera-in for a camera as it is named on the command line. */
export function cameraProperties(camera: string): Record<string, unknown> {
  if (/^rpicam(:\d+)?$/.test(camera))
    return { source: 'rpicam', device: camera.split(':')[1] ?? '0', mode: 'snapshot' };
  if (camera.startsWith('/dev/')) return { source: 'v4l2', device: camera };
  if (/^rtsps?:\/\//.test(camera)) return { source: 'rtsp', url: camera };
  if (/^https?:\/\//.test(camera)) return { source: 'http', url: camera, mode: 'snapshot' };
  return { source: 'folder', path: camera };
}

/** Takes one picture, as the camera-in node would. */
export const frame: LiveCheck = async ({ camera }) => {
  const [first] = camera === undefined ? await listCameras() : [];
  if (camera === undefined && first === undefined) {
    return note('no camera to try', 'name a network camera: edge-inspect doctor --camera rtsp://…');
  }
  const properties = first ?? cameraProperties(camera!);
  try {
    const { frame: taken, tookMs } = await takeTestPicture({ ...properties }, undefined);
    return ok(`${taken.width}×${taken.height} ${taken.format} after ${tookMs} ms from ${camera ?? first!.label}`);
  } catch (error) {
    return fail(
      messageOf(error),
      'a camera that a flow has open cannot be opened twice: its picture is in the dialog of its camera-in node',
    );
  }
};
