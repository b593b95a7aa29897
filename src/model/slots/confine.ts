import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { expected } from '../../contract/errors';

/**
 * Resolves a path that came from a message or the network inside a folder. Links are followed before it is judged, so
 * neither `..` nor a link leads out.
 *
 * @param root folder that must hold the path
 * @param path relative to the root, or absolute
 * @param forWhat name for the message: `candidate`
 * @returns the real, absolute path
 * @throws InspectionError BAD_ARGUMENT when it leads out, MODEL_NOT_FOUND when there is nothing
 */
export async function confinedPath(root: string, path: string, forWhat: string): Promise<string> {
  if (typeof path !== 'string' || path.trim() === '' || path.includes('\0')) {
    throw expected('a path', forWhat, path);
  }
  const realRoot = await realpath(root).catch(() => {
    throw expected('a folder that exists', 'the models folder', root, 'MODEL_NOT_FOUND');
  });
  const wanted = resolve(realRoot, path);
  const inside = (candidate: string) => {
    const steps = relative(realRoot, candidate);
    return steps !== '' && steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
  };
  const real = await realpath(wanted).catch(() => undefined);
  // an absolute path may be spelled through a link of the root itself: only the real path counts where there is one
  if (!inside(real ?? wanted)) throw expected(`a path inside the models folder ${root}`, forWhat, path);
  if (real === undefined) throw expected('a model that exists', forWhat, path, 'MODEL_NOT_FOUND');
  return real;
}
