// `npm run test:x64-cpus`: the shipped model on emulated PCs. Half a minute per processor, so no part of `npm test`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Answers } from '../../lab/emulated/answers';
import { emulatedNode } from '../../lab/emulated/emulate';
import { MACHINES, type MachineName } from '../../lab/emulated/machines';
import { SHIPPED_MODEL } from '../helpers/shipped-model';
import { answersOf, assertSame, drawPictures } from './elsewhere';

const x64 = (Object.keys(MACHINES) as MachineName[]).filter((name) => MACHINES[name].qemu === 'qemu-x86_64');

describe('the shipped model on other x64 processors', { skip: process.arch !== 'x64' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'x64-cpus-'));
  let pictures: string[] = [];
  let here: Answers;

  before(async () => {
    pictures = await drawPictures(folder);
    here = await answersOf(process.execPath, SHIPPED_MODEL, pictures);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const name of x64) {
    it(`${name}: the answers of this machine, box by box (${MACHINES[name].standsFor})`, async () => {
      assertSame(here, await answersOf(emulatedNode(name), SHIPPED_MODEL, pictures));
    });
  }
});
