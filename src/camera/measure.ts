import { measureExposure, type MeasuredExposure } from './controls/measure-exposure';
import { parseRpicamControls } from './controls/rpicam';
import { listV4l2Controls, type V4l2Control } from './controls/v4l2';
import { expected } from '../contract/errors';
import { integerBetween } from '../contract/validate';
import { filled, parseSize } from './settings';
import { parseDevice, videoNode } from './sources/v4l2';
import type { Deployed } from './test-picture';

/** Longest measurement, ms: the camera's start, three seconds to settle, one picture. */
const MEASURE_MS = 12_000;

function cameraNumber(raw: Record<string, unknown>): number {
  return integerBetween(filled(raw.device) ?? 0, 'device (number of the camera)', 0, 9);
}

/**
 * What the automatic of the Pi camera in a dialog would choose now. A stream of the same camera pauses for it: whoever
 * waits for a picture waits these seconds longer.
 *
 * @param deployed the cameras at work
 * @throws InspectionError with the one sentence that the dialog shows
 */
export async function measureForDialog(
  raw: Record<string, unknown>,
  deployed: Iterable<Deployed>,
): Promise<MeasuredExposure> {
  if (raw.source !== 'rpicam') throw expected('a Raspberry Pi camera', 'source', raw.source);
  const camera = cameraNumber(raw);
  // what is being typed for the exposure does not matter: it is what is asked
  const { hdr, tuningFile, sensorRegion } = parseRpicamControls({
    hdr: raw.hdr,
    tuningFile: raw.tuningFile,
    sensorRegion: raw.sensorRegion,
  });
  const controls = { hdr, tuningFile, sensorRegion };
  const size = parseSize(raw);
  const measure = (signal?: AbortSignal) => measureExposure({ camera, size, controls, timeoutMs: MEASURE_MS, signal });
  for (const { camera: running, raw: its } of deployed) {
    if (its.source === 'rpicam' && cameraNumber(its) === camera) return running.lend(measure);
  }
  return measure();
}

/**
 * The controls of a USB camera, for a dialog; they can be read while it is at work.
 *
 * @throws InspectionError with the one sentence that the dialog shows
 */
export async function controlsForDialog(device: unknown): Promise<V4l2Control[]> {
  return listV4l2Controls(await videoNode(parseDevice(device)));
}
