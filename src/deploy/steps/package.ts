import { LOOK } from '../scripts';
import type { Step } from '../step';
import type { Work } from '../work';

async function isReleaseThere(work: Work): Promise<boolean> {
  const { stdout } = await work.options.connection.run(LOOK, [work.userDir, work.bundle.release]);
  return /^release there$/m.test(stdout);
}

export const packageStep: Step = {
  name: 'package',
  look: async (work) => {
    if (await isReleaseThere(work)) return work.ask('package.look');
    const { bytes, package: found } = work.bundle;
    return { isDone: false, says: `${found.name} ${found.version} will be sent, ${(bytes / 1e6).toFixed(0)} MB` };
  },
  do: async (work) => {
    const { file: path, bytes, sha256, release } = work.bundle;
    if (!(await isReleaseThere(work))) await work.unpack({ path, bytes, sha256 }, `releases/${release}`, 'package');
    return work.ask<string>('package.do');
  },
  undo: (work) => work.ask<string | undefined>('package.undo'),
};
