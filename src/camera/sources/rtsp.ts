import { runChild } from '../programs/child';
import { fillUserInfo, shownUrl, type Credentials } from '../http/camera-url';
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

export interface RtspOptions {
  url: URL;
  credentials: Credentials;
  /** How the pictures travel: TCP loses none, UDP is quicker over bad networks. */
  transport: 'tcp' | 'udp';
  output: FfmpegOutput;
  timeoutMs: number;
  maxBytes: number;
  keep: number;
  delayMs: number;
}

/** Longest silence of a stream, ms. */
const STALL_MS = 5_000;

/** All that an RTSP session needs; `file`, `http`, `concat:` and the rest are refused by ffmpeg itself. */
const PROTOCOLS = 'pipe,rtsp,rtsps,rtp,srtp,tcp,udp,tls';

/**
 * The script that ffmpeg reads from its standard input: the url, with credentials in it, so that neither `ps` nor
 * /proc/PID/cmdline shows them. `option` lines need ffmpeg 5.1.
 *
 * @throws never: quotes and control characters were encoded when the url was parsed
 */
export function concatScript({ url, credentials, transport, timeoutMs }: RtspOptions): string {
  const filled = fillUserInfo(url, credentials);
  return [
    'ffconcat version 1.0',
    // no quote, backslash or line break can stand in it: percent-encoded by fillUserInfo
    `file '${filled}'`,
    `option rtsp_transport ${transport}`,
    // µs; also ends an ffmpeg whose parent is gone
    `option timeout ${Math.round(timeoutMs * 1000)}`,
    // what ffmpeg has looked at is thrown away: handed on, it would come in a burst, seconds old and stamped as new
    'option fflags nobuffer',
    // and it looks at no more than one packet: the next whole picture of H.264 may be seconds away
    'option analyzeduration 0',
    'option probesize 32',
    '',
  ].join('\n');
}

/** Arguments of ffmpeg: nothing of the url or the credentials is among them. */
export function rtspArgs(output: FfmpegOutput): string[] {
  return [
    ...FFMPEG_GLOBAL,
    ...LOW_DELAY,
    ...['-protocol_whitelist', PROTOCOLS, '-f', 'concat', '-safe', '0', '-i', 'pipe:0'],
    ...outputArgs(output),
  ];
}

/** A network camera over RTSP, decoded by ffmpeg. */
export function rtspSource(options: RtspOptions, listener: SourceListener): FrameSource {
  const { url, credentials, output, timeoutMs, keep } = options;
  const label = shownUrl(url);
  const secrets = [credentials.password ?? '', encodeURIComponent(credentials.password ?? '')];
  return streamedSource({
    label,
    listener,
    keep,
    startMs: timeoutMs,
    stallMs: STALL_MS,
    open: (sink, signal) =>
      runChild(
        {
          programs: FFMPEG,
          args: rtspArgs(output),
          stdin: concatScript(options),
          install: INSTALL_FFMPEG,
          explain: explainFfmpeg(label, secrets),
        },
        picturesOf(options, sink),
        signal,
      ),
  });
}
