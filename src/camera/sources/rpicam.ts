import { InspectionError } from '../../contract/errors';
import type { BackOffOptions } from '../../kit/back-off';
import { runChild, type ChildEnd, type ChildOptions } from '../programs/child';
import type { Size } from '../programs/ffmpeg';
import { jpegPictures } from './pictures';
import { polledSource } from './polled';
import type { FrameSource, Picture, SourceListener } from './source';
import { streamedSource } from './streamed';
import { withSignals } from '../../kit/wait';
import { steadyNowMs } from '../../kit/clock';

export interface RpicamOptions {
  /** Number of the camera in `rpicam-hello --list-cameras`. */
  camera: number;
  /** Size that the camera's ISP scales to; undefined: the program's own. */
  size: Size | undefined;
  /** Pictures per second asked of the camera; 0: its own (30). */
  fps: number;
  timeoutMs: number;
  maxBytes: number;
  keep: number;
  delayMs: number;
  /** Longest silence, ms. Default 5,000. */
  stallMs?: number;
  backOff?: Partial<BackOffOptions>;
}

const STALL_MS = 5_000;

/** The programs were renamed in Raspberry Pi OS Bookworm (November 2023); older systems have the old names. */
export const RPICAM_VID = ['rpicam-vid', 'libcamera-vid'] as const;
export const RPICAM_STILL = ['rpicam-still', 'libcamera-still'] as const;
const INSTALL = 'sudo apt install rpicam-apps';

/** What the programs' complaints mean, first match wins. */
const COMPLAINTS: ReadonlyArray<[RegExp, string]> = [
  [/no cameras available/i, 'no camera is found: check the ribbon cable at both ends, then restart the Pi'],
  [/selected camera is not available|camera number/i, 'it has no such number: see the list of cameras in the dialog'],
  [/Pipeline handler in use|Device or resource busy|failed to acquire camera/i, 'another program uses it: close that'],
  [
    /Permission denied/i,
    'access is denied: add the user this runs as to the group video (sudo usermod -aG video USER), then restart',
  ],
  [/Camera frontend has timed out|Dequeue timer .* expired/i, 'it has stopped answering: check its ribbon cable'],
  [
    /failed to import fd|Unable to (request|allocate)|Cannot allocate memory/i,
    'memory for its pictures is short: lower the size',
  ],
];

function explain(camera: number): (end: ChildEnd) => InspectionError {
  return ({ program, stderr, code, signal }) => {
    const complaint = COMPLAINTS.find(([pattern]) => pattern.test(stderr))?.[1];
    const lastLine = stderr.trim().split('\n').at(-1) ?? '';
    const end = signal === null ? `${program} ended with status ${code}` : `${program} was ended by ${signal}`;
    const what = complaint ?? (lastLine === '' ? end : `${end} (${lastLine.slice(0, 160)})`);
    return new InspectionError('SOURCE_UNAVAILABLE', `The Pi camera ${camera} gives no pictures: ${what}`);
  };
}

function sizeArgs(size: Size | undefined): string[] {
  return size ? ['--width', String(size.width), '--height', String(size.height)] : [];
}

/** Arguments of rpicam-vid: endless, no preview window, every picture written at once. */
export function rpicamVidArgs({ camera, size, fps }: Pick<RpicamOptions, 'camera' | 'size' | 'fps'>): string[] {
  return [
    ...['--camera', String(camera), '--timeout', '0', '--nopreview', '--codec', 'mjpeg', '--flush'],
    ...sizeArgs(size),
    ...(fps > 0 ? ['--framerate', String(fps)] : []),
    ...['--output', '-'],
  ];
}

/** Arguments of rpicam-still: one picture at full quality. */
export function rpicamStillArgs({ camera, size }: Pick<RpicamOptions, 'camera' | 'size'>): string[] {
  return [
    ...['--camera', String(camera), '--immediate', '--nopreview', '--encoding', 'jpg'],
    ...sizeArgs(size),
    ...['--output', '-'],
  ];
}

function childOf(camera: number, programs: readonly string[], args: string[]): ChildOptions {
  return { programs, args, install: INSTALL, explain: explain(camera) };
}

/** A camera at the Pi's ribbon connector, as video: a picture is there within one frame's time. */
export function rpicamVideoSource(options: RpicamOptions, listener: SourceListener): FrameSource {
  const { camera, keep, timeoutMs, maxBytes, delayMs } = options;
  return streamedSource({
    label: `rpicam ${camera}`,
    listener,
    keep,
    startMs: timeoutMs,
    stallMs: options.stallMs ?? STALL_MS,
    backOff: options.backOff,
    open: (sink, signal) =>
      runChild(childOf(camera, RPICAM_VID, rpicamVidArgs(options)), jpegPictures(maxBytes, delayMs, sink), signal),
  });
}

/** The same camera, one program per picture: the sensor's full size, about a second each. */
export function rpicamStillSource(options: RpicamOptions, listener: SourceListener): FrameSource {
  const { camera, maxBytes } = options;
  async function grab(outer: AbortSignal): Promise<Picture> {
    const askedAtMs = steadyNowMs();
    const enough = new AbortController();
    let taken: Picture | undefined;
    const sink = {
      picture: (picture: Picture) => {
        taken ??= picture;
      },
      broken: () => enough.abort(),
    };
    const splitter = jpegPictures(maxBytes, 0, sink);
    const child = childOf(camera, RPICAM_STILL, rpicamStillArgs(options));
    const timer = setTimeout(() => enough.abort(), options.timeoutMs);
    try {
      await withSignals([outer, enough.signal], (signal) => runChild(child, splitter, signal));
    } catch (error) {
      // ending after the picture is what the program is for
      if (!taken) throw error;
    } finally {
      clearTimeout(timer);
    }
    if (taken) return { ...taken, capturedAtMs: askedAtMs };
    throw new InspectionError(
      'BAD_IMAGE',
      `The Pi camera ${camera} gave no whole picture within ${options.timeoutMs} ms`,
    );
  }
  return polledSource({ label: `rpicam ${camera}`, grab, listener });
}
