import { realpath } from 'node:fs/promises';
import { expected, InspectionError } from '../../contract/errors';
import { applyV4l2Settings } from '../controls/v4l2';
import type { PixelFormat, V4l2Setting } from '../controls/v4l2-settings';
import { isDevice } from '../settings';
import { runChild } from '../programs/child';
import {
  explainFfmpeg,
  FFMPEG,
  FFMPEG_GLOBAL,
  INSTALL_FFMPEG,
  LOW_DELAY,
  outputArgs,
  type FfmpegOutput,
} from '../programs/ffmpeg';
import { picturesOf } from './pictures';
import type { FrameSource, SourceListener } from './source';
import { streamedSource } from './streamed';

export interface V4l2Options {
  /** `/dev/video0`, or a name that stays with the camera: `/dev/v4l/by-id/…`. */
  device: string;
  /** How the camera sends its pixels; anything but mjpeg is coded here. */
  pixelFormat: PixelFormat;
  /** Set each time the camera is opened: an unplugged one forgets them. */
  settings: readonly V4l2Setting[];
  output: FfmpegOutput;
  timeoutMs: number;
  maxBytes: number;
  keep: number;
  delayMs: number;
}

const STALL_MS = 5_000;
const VIDEO_NODE = /^\/dev\/video\d{1,3}$/;

/** @throws InspectionError BAD_ARGUMENT */
export function parseDevice(value: unknown): string {
  if (typeof value === 'string' && isDevice(value)) return value;
  throw expected('a camera such as /dev/video0 or /dev/v4l/by-id/…', 'device', value);
}

/** The video node behind a name; a link that leads elsewhere is refused. */
export async function videoNode(device: string): Promise<string> {
  if (VIDEO_NODE.test(device)) return device;
  const real = await realpath(device).catch((error: unknown) => {
    throw new InspectionError(
      'SOURCE_UNAVAILABLE',
      `The camera ${device} is not there: plug it in, or choose another`,
      {
        cause: error,
      },
    );
  });
  return parseDevice(real);
}

/** Arguments of ffmpeg for a camera; JPEGs of the camera pass untouched where JPEGs are wanted. */
export function v4l2Args(node: string, output: FfmpegOutput, pixelFormat: PixelFormat = 'mjpeg'): string[] {
  const { size, fps, copy } = output;
  // pixels that are not compressed are many: the camera sends the size that is wanted
  const scalesItself = copy || pixelFormat !== 'mjpeg';
  return [
    ...FFMPEG_GLOBAL,
    ...LOW_DELAY,
    ...['-f', 'v4l2', '-input_format', pixelFormat],
    ...(size && scalesItself ? ['-video_size', `${size.width}x${size.height}`] : []),
    ...(fps > 0 ? ['-framerate', String(fps)] : []),
    ...['-i', node],
    ...outputArgs(output),
  ];
}

/** A camera of the kernel (USB), by way of ffmpeg. */
export function v4l2Source(options: V4l2Options, listener: SourceListener): FrameSource {
  const { device, output, pixelFormat, settings, timeoutMs, keep } = options;
  return streamedSource({
    label: device,
    listener,
    keep,
    startMs: timeoutMs,
    stallMs: STALL_MS,
    open: async (sink, signal) => {
      const node = await videoNode(device);
      await applyV4l2Settings(node, settings);
      const args = v4l2Args(node, output, pixelFormat);
      const child = { programs: FFMPEG, args, install: INSTALL_FFMPEG, explain: explainFfmpeg(device) };
      await runChild(child, picturesOf(options, sink), signal);
    },
  });
}
