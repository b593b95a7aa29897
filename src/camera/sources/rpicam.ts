import { InspectionError } from '../../contract/errors';
import type { BackOffOptions } from '../../kit/back-off';
import { rpicamControlArgs, sensorFps, type RpicamControls } from '../controls/rpicam';
import { runChild } from '../programs/child';
import type { Size } from '../programs/ffmpeg';
import { rpicamProgram, RPICAM_STILL, RPICAM_VID } from '../programs/rpicam';
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
  controls: RpicamControls;
  timeoutMs: number;
  maxBytes: number;
  keep: number;
  delayMs: number;
  /** Longest silence, ms. Default 5,000. */
  stallMs?: number;
  backOff?: Partial<BackOffOptions>;
}

const STALL_MS = 5_000;

function sizeArgs(size: Size | undefined): string[] {
  return size ? ['--width', String(size.width), '--height', String(size.height)] : [];
}

type Asked = Pick<RpicamOptions, 'camera' | 'size' | 'fps' | 'controls'>;

/** Arguments of rpicam-vid: endless, no preview window, every picture written at once. */
export function rpicamVidArgs({ camera, size, fps, controls }: Asked): string[] {
  const rate = sensorFps(controls, fps);
  return [
    ...['--camera', String(camera), '--timeout', '0', '--nopreview', '--codec', 'mjpeg', '--flush'],
    ...sizeArgs(size),
    ...(rate > 0 ? ['--framerate', String(rate)] : []),
    ...rpicamControlArgs(controls),
    ...['--output', '-'],
  ];
}

/** Arguments of rpicam-still: one picture at full quality. */
export function rpicamStillArgs({ camera, size, controls }: Omit<Asked, 'fps'>): string[] {
  return [
    ...['--camera', String(camera), '--immediate', '--nopreview', '--encoding', 'jpg'],
    ...sizeArgs(size),
    ...rpicamControlArgs(controls),
    ...['--output', '-'],
  ];
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
      runChild(
        rpicamProgram(camera, RPICAM_VID, rpicamVidArgs(options)),
        jpegPictures(maxBytes, delayMs, sink),
        signal,
      ),
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
    const child = rpicamProgram(camera, RPICAM_STILL, rpicamStillArgs(options));
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
