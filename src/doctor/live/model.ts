import { messageOf } from '../../contract/errors';
import { Detector } from '../../detector/detector';
import { fail, note, ok } from '../finding';
import type { LiveCheck } from './live';

/** Starts the model in a process of its own, which asks its golden pictures. */
export const model: LiveCheck = async ({ model: path }) => {
  const detector = new Detector({ model: path, threads: 1 });
  const start = performance.now();
  try {
    const { name, version, selfTest } = await detector.start();
    const took = `started in ${(performance.now() - start).toFixed(0)} ms`;
    if (selfTest === 'none')
      return note(`${name}, ${took}; it has no golden pictures`, 'add them: edge-inspect self-test --write DIR');
    return ok(`${name} ${version} answers its golden pictures as certified, ${took}`);
  } catch (error) {
    return fail(
      messageOf(error),
      'install the model again: edge-inspect slots install, or go back: edge-inspect slots revert',
    );
  } finally {
    await detector.stop();
  }
};
