import { parseRpicamList } from '../../camera/list';
import type { StandingCheck } from '../check';
import { note, ok, warn } from '../finding';

const PLUG =
  'switch the power off, then seat the ribbon cable on both sides; on Raspberry Pi OS the camera is detected at the start';

/** Cameras of the Pi as rpicam-hello lists them, and video devices. */
export const cameras: StandingCheck = ({ board, rpicam, video }) => {
  const found = parseRpicamList(rpicam ?? '').map(({ label }) => label);
  const devices = (video ?? '').split('\n').filter((line) => /^\/dev\/video\d+$/.test(line));
  if (found.length > 0) return ok(found.join('; '));
  if (/no cameras available/i.test(rpicam ?? '')) return warn('rpicam-hello: no cameras available', PLUG);
  if (rpicam === undefined && /Raspberry Pi/.test(board ?? '')) {
    return note('rpicam-apps are not installed', 'for a camera at the ribbon connector: sudo apt install rpicam-apps');
  }
  if (devices.length > 0) return ok(`video devices: ${devices.join(', ')}`);
  return note('no camera at this machine', 'network cameras need none');
};
