import { randomUUID } from 'node:crypto';
import type { CameraCall, CameraTrouble } from './camera-watch';

/** Payload on <alert topic>/camera: the pictures of a camera have changed for good. Not a defect, and no verdict. */
export interface CameraAlert {
  id: string;
  kind: 'camera';
  trouble: CameraTrouble;
  severity: 'major';
  /**
   * When it was noticed, UTC.
   * @format date-time
   */
  time: string;
  station: string;
  camera: string;
  /** Mean of the last parts, and what is usual: brightness 0 … 255 that nine tenths of the pixels do not reach, sharpness, or the share of clipped pixels. */
  measured: number;
  usual: number;
  /** One sentence: what it looks like, and what to look at. */
  detail: string;
}

/** What to look at first. */
const ADVICE: Record<CameraTrouble, string> = {
  darker: 'has a lamp failed, or has the exposure been changed?',
  brighter: 'is other light falling in, or has the exposure been changed?',
  'less sharp': 'is the lens dirty, or the focus lost?',
  sharper: 'is it another kind of part, or has the focus been changed?',
  'more clipped': 'is the light or the exposure too strong or too weak?',
};

function percent(measured: number, usual: number): string {
  const change = Math.round((measured / Math.max(usual, 1e-9) - 1) * 100);
  return `${change > 0 ? '+' : ''}${change} %`;
}

/** The alert that a call makes. @param nowMs ms since 1970 */
export function cameraAlert(station: string, camera: string, call: CameraCall, nowMs: number): CameraAlert {
  const { trouble, now, usual } = call;
  const change =
    trouble === 'more clipped' ? `${Math.round(usual * 100)} → ${Math.round(now * 100)} %` : percent(now, usual);
  return {
    id: randomUUID(),
    kind: 'camera',
    trouble,
    severity: 'major',
    time: new Date(nowMs).toISOString(),
    station,
    camera,
    measured: Number(now.toPrecision(4)),
    usual: Number(usual.toPrecision(4)),
    detail: `The pictures of good parts of the camera ${camera} have become ${trouble} (${change}): ${ADVICE[trouble]}`,
  };
}
