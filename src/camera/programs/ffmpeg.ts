import { InspectionError } from '../../contract/errors';
import type { ChildEnd } from './child';
import type { FrameFormat } from '../../contract/frame';

export interface Size {
  width: number;
  height: number;
}

/** How pictures leave ffmpeg. */
export interface FfmpegOutput {
  format: Extract<FrameFormat, 'jpeg' | 'rgb24'>;
  /** Wanted size; needed for rgb24. The picture keeps its shape, the rest is grey. */
  size: Size | undefined;
  /** Pictures per second; 0: all. */
  fps: number;
  /** The camera sends JPEGs: hand them on untouched. */
  copy: boolean;
}

export const FFMPEG = ['ffmpeg'] as const;
export const INSTALL_FFMPEG = 'sudo apt install ffmpeg';

/** Quality of JPEGs that ffmpeg makes: 2 (best) … 31; 3 is about libjpeg's 90. */
const JPEG_QSCALE = '3';
/** The grey of the detector's letterbox (114, 114, 114). */
const PAD_COLOUR = '0x727272';

export const FFMPEG_GLOBAL: readonly string[] = ['-hide_banner', '-loglevel', 'error', '-nostats'];

/** Settings of a decoder that holds no picture back: frame threads would keep one each. */
export const LOW_DELAY: readonly string[] = ['-fflags', 'nobuffer', '-flags', 'low_delay', '-threads', '1'];

function filters({ size, fps }: FfmpegOutput): string[] {
  const chain: string[] = [];
  // select lets a picture through at once; the fps filter would wait for the next one
  if (fps > 0) {
    // a little less than the interval, so that jitter does not cost every other picture; times that jump back count too
    const interval = (0.95 / fps).toFixed(4);
    chain.push(`select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,${interval})+lt(t\\,prev_selected_t)`);
  }
  if (size) {
    const { width, height } = size;
    chain.push(`scale=${width}:${height}:force_original_aspect_ratio=decrease`);
    chain.push(`pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${PAD_COLOUR}`);
  }
  // cameras send times that stand still or jump back, which end the encoder: pictures are numbered instead
  chain.push('settb=1/1000', 'setpts=N');
  return chain;
}

/** Arguments after the input. */
export function outputArgs(output: FfmpegOutput): string[] {
  const common = ['-an', '-sn', '-dn', '-fps_mode', 'passthrough', '-flush_packets', '1'];
  if (output.copy) return [...common, '-c:v', 'copy', '-f', 'mjpeg', 'pipe:1'];
  const filter = ['-vf', filters(output).join(','), '-enc_time_base', '1/1000'];
  const coding =
    output.format === 'rgb24'
      ? ['-pix_fmt', 'rgb24', '-f', 'rawvideo']
      : ['-c:v', 'mjpeg', '-q:v', JPEG_QSCALE, '-pix_fmt', 'yuvj420p', '-f', 'mjpeg'];
  // frame threads of an encoder hold one picture back each, and even rawvideo has them
  return [...common, ...filter, '-threads', '1', ...coding, 'pipe:1'];
}

/** What ffmpeg's complaints mean, first match wins. */
const COMPLAINTS: ReadonlyArray<[RegExp, string]> = [
  [/401 Unauthorized|authorization failed/i, 'it refused the user or password: enter them in their fields'],
  [/403 Forbidden/i, 'the user may not see the stream: check its rights in the camera'],
  [/404 (Not Found|Stream)|Server returned 404/i, 'it has no such stream: check the path of url against its manual'],
  [/Connection refused/i, 'nothing listens there: check the port, and that the camera is on'],
  [/No route to host|Network is unreachable/i, 'it cannot be reached: check cable, power and IP address'],
  [
    /Name or service not known|Failed to resolve|Temporary failure in name/i,
    'its name is not known: use the IP address',
  ],
  [/Connection timed out|Operation timed out/i, 'it does not answer: check cable, power and IP address'],
  [
    /Permission denied/i,
    'access is denied: add the user this runs as to the group video (sudo usermod -aG video USER), then restart',
  ],
  [
    /No such file or directory|No such device|Cannot open video device.*ENODEV/i,
    'it is not there: plug it in, or choose another',
  ],
  [/Device or resource busy/i, 'another program uses it: close that, or choose another'],
  [/Inappropriate ioctl|Not a video capture device/i, 'it is no camera: choose another device'],
  [
    /not support(ed)? .*(codec|format|pixel)|Invalid argument.*(size|format)/i,
    'it cannot give this size, rate or format',
  ],
  [
    /Option .* not found|Unrecognized option|unknown keyword/i,
    'this ffmpeg is too old: version 5.1 or later is needed',
  ],
  [/Protocol .* not on whitelist/i, 'it leads to a protocol that is not allowed'],
];

/** Removes what looks like credentials from a text of a program; `secrets` are removed wherever they stand. */
export function redact(text: string, secrets: readonly string[]): string {
  let clean = text.replace(/\/\/[^/@\s'"]*@/g, '//***@');
  for (const secret of secrets) if (secret.length > 0) clean = clean.replaceAll(secret, '***');
  return clean;
}

/** One sentence for the end of an ffmpeg that read from the camera `label`. */
export function explainFfmpeg(label: string, secrets: readonly string[] = []): (end: ChildEnd) => InspectionError {
  return ({ stderr, code, signal }) => {
    const complaint = COMPLAINTS.find(([pattern]) => pattern.test(stderr))?.[1];
    const lastLine = redact(stderr, secrets)
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
      .at(-1);
    const end = signal === null ? `ffmpeg ended with status ${code}` : `ffmpeg was ended by ${signal}`;
    const what = complaint ?? (lastLine === undefined ? end : `${end} (${lastLine.slice(0, 160)})`);
    return new InspectionError('SOURCE_UNAVAILABLE', `The camera at ${label} gives no pictures: ${what}`);
  };
}
