import { lineOptions } from '../simulate/line';
import { expected } from '../contract/errors';
import { integerBetween, nonEmptyString, numberBetween, oneOf } from '../contract/validate';
import { parseCameraUrl, type Credentials } from './http/camera-url';
import { parseRpicamControls } from './controls/rpicam';
import { parseV4l2Settings, PIXEL_FORMATS } from './controls/v4l2-settings';
import type { FfmpegOutput } from './programs/ffmpeg';
import { folderSource } from './sources/folder';
import { EVERY_LIMIT } from './pacing/gate';
import { httpMjpegSource } from './sources/http-mjpeg';
import { httpSnapshotSource } from './sources/http-snapshot';
import { rpicamStillSource, rpicamVideoSource } from './sources/rpicam';
import { rtspSource } from './sources/rtsp';
import { filled, LIMITS, parseSettings, parseSize, type CameraSettings } from './settings';
import { simulatorSource } from './sources/simulator';
import type { FrameSource, SourceListener } from './sources/source';
import { parseDevice, v4l2Source } from './sources/v4l2';

type Open = (listener: SourceListener) => FrameSource;

/** What a source can do. */
interface Planned {
  open: Open;
  /** It can be made to wait; streams go on whether someone listens or not. */
  canWait: boolean;
}

/** A checked camera, ready to be opened. */
export interface CameraPlan extends Planned {
  settings: CameraSettings;
}

/** Properties as they stand in a flow. */
type Raw = Record<string, unknown>;

/** Checks the properties of one kind of camera and says how to open it. */
type SourceRow = (raw: Raw, settings: CameraSettings, credentials: Credentials) => Planned;

/** Time from exposure to arrival that is taken off where the flow does not say, ms; measured in docs/cameras.md. */
const DELAY_DEFAULTS_MS = {
  http: 100,
  // H.264 at 10 pictures a second: one interval of it, since a picture's end shows only when the next one begins
  rtsp: 200,
  v4l2: 60,
  'v4l2 decoded': 100,
  rpicam: 100,
} as const;

function parseDelay(raw: Raw, source: keyof typeof DELAY_DEFAULTS_MS): number {
  return numberBetween(
    filled(raw.delay) ?? DELAY_DEFAULTS_MS[source],
    'delay (ms)',
    LIMITS.delay.min,
    LIMITS.delay.max,
  );
}

/** Pictures that a stream keeps: the newest, or a burst where every one is wanted. */
function keptBy({ overload, fps, trigger }: CameraSettings): number {
  return overload === 'every' && fps === 0 && trigger === 'free-run' ? EVERY_LIMIT : 1;
}

/** The rate to ask of the camera: all it has where triggers come at any time. */
function askedFps({ fps, trigger }: CameraSettings): number {
  return trigger === 'message' ? 0 : fps;
}

/** How ffmpeg hands pictures on; `copy`: the camera's own JPEGs can pass. */
function parseOutput(raw: Raw, settings: CameraSettings, canCopy: boolean): FfmpegOutput {
  const format = oneOf(filled(raw.format) ?? 'jpeg', 'format', ['jpeg', 'rgb24']);
  const size = parseSize(raw);
  if (format === 'rgb24' && !size) throw expected('a width and height', 'format rgb24', undefined);
  return { format, size, fps: askedFps(settings), copy: canCopy && format === 'jpeg' };
}

function streamOptions(raw: Raw, settings: CameraSettings, source: keyof typeof DELAY_DEFAULTS_MS) {
  const { timeoutMs, maxBytes } = settings;
  return { timeoutMs, maxBytes, keep: keptBy(settings), delayMs: parseDelay(raw, source) };
}

/** One picture when asked, or pictures all the time. */
const MODES = ['snapshot', 'stream'] as const;

/** One row per kind of camera. */
const SOURCES: Record<string, SourceRow> = {
  folder(raw, { maxBytes }) {
    const path = nonEmptyString(raw.path, 'path');
    const loop = raw.loop === true || raw.loop === 'true';
    return { canWait: true, open: (listener) => folderSource({ path, loop, maxBytes }, listener) };
  },
  simulator({ seed, look, defectRate, design, shift, turn }) {
    const options = lineOptions({
      ...{ seed: filled(seed), look: filled(look), defectRate: filled(defectRate) },
      // 0: a part that lies still
      ...{ design: filled(design), shift: Number(shift) ? shift : undefined, turn: Number(turn) ? turn : undefined },
    });
    return { canWait: true, open: (listener) => simulatorSource(options, listener) };
  },
  http(raw, settings, credentials) {
    const url = parseCameraUrl(raw.url, ['http', 'https']);
    const mode = oneOf(filled(raw.mode) ?? 'snapshot', 'mode', MODES);
    const options = { url, credentials, ...streamOptions(raw, settings, 'http') };
    return mode === 'snapshot'
      ? { canWait: true, open: (listener) => httpSnapshotSource(options, listener) }
      : { canWait: false, open: (listener) => httpMjpegSource(options, listener) };
  },
  rtsp(raw, settings, credentials) {
    const url = parseCameraUrl(raw.url, ['rtsp', 'rtsps']);
    const transport = oneOf(filled(raw.transport) ?? 'tcp', 'transport', ['tcp', 'udp']);
    const output = parseOutput(raw, settings, false);
    const options = { url, credentials, transport, output, ...streamOptions(raw, settings, 'rtsp') };
    return { canWait: false, open: (listener) => rtspSource(options, listener) };
  },
  v4l2(raw, settings) {
    const device = parseDevice(raw.device);
    const pixelFormat = oneOf(filled(raw.pixelFormat) ?? 'mjpeg', 'pixelFormat', PIXEL_FORMATS);
    const output = parseOutput(raw, settings, pixelFormat === 'mjpeg');
    const usage = { device, output, pixelFormat, settings: parseV4l2Settings(raw.controls) };
    const options = { ...usage, ...streamOptions(raw, settings, output.copy ? 'v4l2' : 'v4l2 decoded') };
    return { canWait: false, open: (listener) => v4l2Source(options, listener) };
  },
  rpicam(raw, settings) {
    const camera = integerBetween(filled(raw.device) ?? 0, 'device (number of the camera)', 0, 9);
    const mode = oneOf(filled(raw.mode) ?? 'stream', 'mode', MODES);
    const size = parseSize(raw);
    const fps = askedFps(settings);
    const controls = parseRpicamControls(raw, mode === 'stream' ? fps : 0);
    const options = { camera, size, fps, controls, ...streamOptions(raw, settings, 'rpicam') };
    return mode === 'stream'
      ? { canWait: false, open: (listener) => rpicamVideoSource(options, listener) }
      : { canWait: true, open: (listener) => rpicamStillSource(options, listener) };
  },
};

export const SOURCE_NAMES: readonly string[] = Object.keys(SOURCES);

/**
 * Checks the properties of a camera as they stand in a flow.
 *
 * @param raw properties of the node `camera-in`
 * @throws InspectionError BAD_ARGUMENT *Expected X for Y but received Z*
 */
export function planCamera(raw: Raw, credentials: Credentials = {}): CameraPlan {
  const settings = parseSettings(raw);
  const row = SOURCES[oneOf(raw.source, 'source', SOURCE_NAMES)] as SourceRow;
  return { settings, ...row(raw, settings, credentials) };
}
