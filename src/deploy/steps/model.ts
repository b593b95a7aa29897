import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../program';
import type { Step } from '../step';
import type { Work } from '../work';

/** Sends a model folder: its own files, none that lie beside them. */
async function sendModel(work: Work): Promise<void> {
  const { folder, files } = work.options.model!;
  const temporary = mkdtempSync(join(tmpdir(), 'edge-model-'));
  try {
    for (const name of files) copyFileSync(join(folder, name), join(temporary, name));
    const path = join(temporary, 'model.tar.gz');
    await runProgram('tar', ['-czf', path, '-C', temporary, ...files], { cwd: temporary, what: 'tar' });
    const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
    await work.unpack({ path, bytes: statSync(path).size, sha256 }, work.job.model!.folder, 'model');
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

export const modelStep: Step = {
  name: 'model',
  look: (work) => work.ask('model.look'),
  do: async (work) => {
    await sendModel(work);
    return work.ask<string>('model.do');
  },
  undo: (work) => work.ask<string | undefined>('model.undo'),
};
