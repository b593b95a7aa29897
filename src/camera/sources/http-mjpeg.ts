import { finished } from 'node:stream/promises';
import { InspectionError } from '../../contract/errors';
import { shownUrl } from '../http/camera-url';
import { HttpGetter } from '../http/http-get';
import type { HttpOptions } from './http-snapshot';
import { jpegPictures } from './pictures';
import type { FrameSource, SourceListener } from './source';
import { streamedSource } from './streamed';
import { steadyNowMs } from '../../kit/clock';

/** How long a network camera may be silent, ms. */
export const STALL_MS = 5_000;

export interface HttpMjpegOptions extends HttpOptions {
  keep: number;
  delayMs: number;
}

/** One answer that never ends: `multipart/x-mixed-replace`, cut by the pictures themselves, not by its boundaries. */
export function httpMjpegSource(options: HttpMjpegOptions, listener: SourceListener): FrameSource {
  const { url, credentials, timeoutMs, maxBytes, keep, delayMs } = options;
  return streamedSource({
    label: shownUrl(url),
    listener,
    keep,
    startMs: timeoutMs,
    stallMs: STALL_MS,
    async open(sink, signal) {
      const getter = new HttpGetter(url, credentials);
      try {
        const response = await getter.open(signal);
        const type = String(response.headers['content-type'] ?? 'no content type');
        if (!/^multipart\/|^image\/jpeg|^video\/x-motion-jpeg|^application\/octet-stream/i.test(type)) {
          response.destroy();
          throw new InspectionError(
            'SOURCE_UNAVAILABLE',
            `Expected a Motion-JPEG stream from ${shownUrl(url)} but received ${type.slice(0, 40)}: choose snapshot, or check url`,
          );
        }
        const splitter = jpegPictures(maxBytes, delayMs, sink);
        response.on('data', (chunk: Buffer) => splitter.push(chunk, steadyNowMs()));
        await finished(response).finally(() => splitter.end());
      } finally {
        getter.close();
      }
    },
  });
}
