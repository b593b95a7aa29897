import { sniff } from '../../kit/sniff';
import { JpegSplitter, RawSplitter, type Splitter } from '../programs/splitter';
import type { FfmpegOutput } from '../programs/ffmpeg';
import type { StreamSink } from './streamed';

export interface PictureStreamOptions {
  output: Pick<FfmpegOutput, 'format' | 'size'>;
  maxBytes: number;
  delayMs: number;
}

/** Pictures of a program's output, coded as it was told to. */
export function picturesOf({ output, maxBytes, delayMs }: PictureStreamOptions, sink: StreamSink): Splitter {
  if (output.format === 'rgb24' && output.size) return rawPictures(output.size, delayMs, sink);
  return jpegPictures(maxBytes, delayMs, sink);
}

/**
 * Pictures of a Motion-JPEG stream for a sink.
 *
 * @param delayMs time between exposure and arrival, as known for the camera: taken off, so that `capturedAt` is the
 * exposure and a picture that was under way before a trigger does not answer it
 */
export function jpegPictures(maxBytes: number, delayMs: number, sink: StreamSink): Splitter {
  return new JpegSplitter(maxBytes, {
    onPicture: (bytes, atMs) => {
      const { width, height } = sniff(bytes);
      if (width === 0 || height === 0) sink.broken();
      else sink.picture({ bytes, format: 'jpeg', width, height, capturedAtMs: atMs - delayMs });
    },
    onBroken: () => sink.broken(),
  });
}

/** Pictures of a stream of raw RGB of one size for a sink. */
export function rawPictures(size: { width: number; height: number }, delayMs: number, sink: StreamSink): Splitter {
  const { width, height } = size;
  return new RawSplitter(width * height * 3, {
    onPicture: (bytes, atMs) => sink.picture({ bytes, format: 'rgb24', width, height, capturedAtMs: atMs - delayMs }),
    onBroken: () => sink.broken(),
  });
}
