import { InspectionError } from '../../contract/errors';
import { shownUrl, type Credentials } from '../http/camera-url';
import { HttpGetter, readBody } from '../http/http-get';
import { polledSource } from './polled';
import { sniff } from '../../kit/sniff';
import type { FrameSource, Picture, SourceListener } from './source';
import { withSignals } from '../../kit/wait';
import { steadyNowMs } from '../../kit/clock';

export interface HttpOptions {
  url: URL;
  credentials: Credentials;
  /** A picture that takes longer is given up, ms. */
  timeoutMs: number;
  /** Larger answers are refused, bytes. */
  maxBytes: number;
}

/** One GET per picture. */
export function httpSnapshotSource(options: HttpOptions, listener: SourceListener): FrameSource {
  const { url, maxBytes, timeoutMs } = options;
  const getter = new HttpGetter(url, options.credentials);

  async function fetchPicture(signal: AbortSignal): Promise<Picture> {
    const askedAtMs = steadyNowMs();
    const response = await getter.open(signal);
    // cameras expose between the request and the first byte of the answer; the request is the safe bound
    const bytes = await readBody(response, maxBytes, url, signal);
    const { format, width, height } = sniff(bytes);
    if (format === 'unknown') {
      const type = String(response.headers['content-type'] ?? 'no content type').slice(0, 40);
      throw new InspectionError(
        'BAD_IMAGE',
        `Expected a picture from ${shownUrl(url)} but received ${bytes.length} bytes of ${type}`,
      );
    }
    return { bytes, format, width, height, capturedAtMs: askedAtMs };
  }

  return polledSource({
    label: shownUrl(url),
    listener,
    release: () => getter.close(),
    grab: (signal) => withTimeout(signal, timeoutMs, fetchPicture, url),
  });
}

/** Gives work a time limit; what is left of it is aborted. */
async function withTimeout(
  signal: AbortSignal,
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Picture>,
  url: URL,
): Promise<Picture> {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), timeoutMs);
  try {
    return await withSignals([signal, clock.signal], work);
  } catch (error) {
    if (clock.signal.aborted && !signal.aborted) {
      throw new InspectionError(
        'SOURCE_UNAVAILABLE',
        `The camera at ${shownUrl(url)} gave no picture within ${timeoutMs} ms: check that it is on, or raise timeout`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
