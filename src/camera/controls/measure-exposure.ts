import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InspectionError } from '../../contract/errors';
import { runChild } from '../programs/child';
import type { Size } from '../programs/ffmpeg';
import { rpicamProgram, RPICAM_STILL } from '../programs/rpicam';
import type { Splitter } from '../programs/splitter';
import { rpicamControlArgs, type RpicamControls } from './rpicam';

/** What a camera's automatic settled on, under the names of the node's properties. */
export interface MeasuredExposure {
  /** µs. */
  shutter: number;
  gain: number;
  redGain?: number;
  blueGain?: number;
  /** Dioptres; absent: the lens cannot move. */
  lensPosition?: number;
}

export interface MeasureOptions {
  /** Number of the camera. */
  camera: number;
  size: Size | undefined;
  /** What is set already and is no matter of exposure, white balance and focus. */
  controls: RpicamControls;
  /** Longest time for the whole, ms. */
  timeoutMs: number;
  signal?: AbortSignal;
}

/** Time that exposure, white balance and focus get to settle, ms: rpicam-apps' own documents ask for some seconds. */
const SETTLE_MS = 3_000;

const NOTHING: Splitter = { push: () => undefined, end: () => undefined };

const round = (value: number, digits: number) => Number(value.toFixed(digits));

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.filter((item): item is number => Number.isFinite(item)) : [];
}

/**
 * Reads the metadata of a picture that rpicam-apps wrote as JSON: one object, or a list of them of which the last counts.
 *
 * @returns undefined where it says nothing of the exposure
 */
export function parseMetadata(text: string): MeasuredExposure | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const last: unknown = Array.isArray(parsed) ? parsed.at(-1) : parsed;
  if (typeof last !== 'object' || last === null) return undefined;
  const { ExposureTime, AnalogueGain, DigitalGain, ColourGains, LensPosition } = last as Record<string, unknown>;
  if (typeof ExposureTime !== 'number' || typeof AnalogueGain !== 'number') return undefined;
  // --gain takes both as one, and the sensor what it can of it
  const digital = typeof DigitalGain === 'number' && DigitalGain > 1 ? DigitalGain : 1;
  const [redGain, blueGain] = numbers(ColourGains);
  return {
    shutter: Math.round(ExposureTime),
    gain: round(AnalogueGain * digital, 2),
    ...(redGain === undefined || blueGain === undefined
      ? {}
      : { redGain: round(redGain, 3), blueGain: round(blueGain, 3) }),
    ...(typeof LensPosition === 'number' ? { lensPosition: round(LensPosition, 2) } : {}),
  };
}

/**
 * Lets the automatic of a Pi camera settle on what it sees now and says what it chose. The camera must be free.
 *
 * @throws InspectionError SOURCE_UNAVAILABLE with what to do
 */
export async function measureExposure(options: MeasureOptions): Promise<MeasuredExposure> {
  const { camera, size, controls, timeoutMs, signal } = options;
  const folder = await mkdtemp(join(tmpdir(), 'edge-inspect-exposure-'));
  // a file and not '-': some versions open a file of that name
  const metadata = join(folder, 'metadata.json');
  const { hdr, tuningFile, sensorRegion } = controls;
  const args = [
    ...['--camera', String(camera), '--timeout', String(SETTLE_MS), '--nopreview', '--encoding', 'jpg'],
    ...(size ? ['--width', String(size.width), '--height', String(size.height)] : []),
    ...rpicamControlArgs({ hdr, tuningFile, sensorRegion }),
    ...['--metadata', metadata, '--metadata-format', 'json', '--output', '/dev/null'],
  ];
  const enough = AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]);
  try {
    let failure: unknown;
    // its end is what is waited for
    await runChild(rpicamProgram(camera, RPICAM_STILL, args), NOTHING, enough).catch((error: unknown) => {
      failure = error;
    });
    const measured = parseMetadata(await readFile(metadata, 'utf8').catch(() => ''));
    if (measured !== undefined) return measured;
    if (failure instanceof InspectionError) throw failure;
    throw new InspectionError('SOURCE_UNAVAILABLE', `The Pi camera ${camera} told no exposure within ${timeoutMs} ms`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
