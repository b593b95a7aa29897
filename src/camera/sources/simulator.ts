import { SimulatedLine } from '../../simulate/line-client';
import type { LineOptions } from '../../simulate/line';
import { polledSource } from './polled';
import type { FrameSource, SourceListener } from './source';
import { throwIfAborted } from '../../kit/wait';
import { steadyNowMs } from '../../kit/clock';

/** A camera over a simulated line: every picture shows the next part, with the right answer beside it. */
export function simulatorSource(options: LineOptions, listener: SourceListener): FrameSource {
  const line = new SimulatedLine(options);
  let index = 0;
  return polledSource({
    label: 'simulator',
    listener,
    release: () => line.close(),
    async grab(signal) {
      throwIfAborted(signal);
      const capturedAtMs = steadyNowMs();
      const { image, width, height, truth } = await line.part(index++);
      return { bytes: image, format: 'jpeg', width, height, capturedAtMs, truth };
    },
  });
}
