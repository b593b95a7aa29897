// The buttons of model-shadow with adminAuth on: who may look, and who may swap a model.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { adminAuth, tokenOf } from '../helpers/admin-auth';
import { linkPackage } from '../helpers/linked-package';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4, nodeRed5 } from '../helpers/node-red-versions';
import { waitFor } from '../helpers/wait-for';
import { writeTinyFolder } from '../shadow/tiny-folder';

const SETTINGS = adminAuth({
  admin: '*',
  viewer: 'read',
  leader: ['read', 'model-shadow.write'],
  cook: ['library.read'],
});

for (const version of [() => NODE_RED_4, nodeRed5]) {
  const { name, node, redJs } = version();

  describe(`the buttons of model-shadow with adminAuth, ${name}`, () => {
    const userDir = mkdtempSync(join(tmpdir(), 'shadow-auth-'));
    let nodeRed: NodeRedProcess;

    before(async () => {
      const flow = [
        { id: 'tab', type: 'tab', label: 'test' },
        { id: 'in-use', type: 'inspection-model', model: writeTinyFolder(join(userDir, 'old'), 'old'), threads: 1 },
        {
          id: 'beside',
          z: 'tab',
          type: 'model-shadow',
          model: 'in-use',
          candidate: writeTinyFolder(join(userDir, 'new'), 'new', { ballastChannels: 1 }),
          wires: [[], []],
        },
      ];
      writeFileSync(join(userDir, 'flows.json'), JSON.stringify(flow));
      linkPackage(userDir);
      nodeRed = await NodeRedProcess.start({ node, redJs, userDir, settings: SETTINGS });
      const report = async () =>
        (await ask(await tokenOf(nodeRed, 'admin'), 'GET')).json() as Promise<ShadowReport | null>;
      await waitFor('a shadow', async () => (await report())?.phase === 'shadow');
    });
    after(async () => {
      await nodeRed?.stop();
      rmSync(userDir, { recursive: true, force: true });
    });

    const ask = (token: string | undefined, method: 'GET' | 'POST', topic = '') =>
      fetch(`${nodeRed.url}/model-shadow/beside${topic}`, {
        method,
        headers: { accept: 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      });

    const cases: [who: string | undefined, look: number, press: number][] = [
      [undefined, 401, 401],
      ['cook', 401, 401],
      ['viewer', 200, 401],
    ];
    for (const [who, look, press] of cases) {
      it(`${who ?? 'nobody'}: looking ${look}, pressing ${press}, and nothing happens`, async () => {
        const token = who === undefined ? undefined : await tokenOf(nodeRed, who);
        assert.equal((await ask(token, 'GET')).status, look);
        for (const topic of ['/status', '/promote', '/reject']) {
          assert.equal((await ask(token, 'POST', topic)).status, press, topic);
        }
        const report = (await (await ask(await tokenOf(nodeRed, 'admin'), 'GET')).json()) as ShadowReport;
        assert.equal(report.phase, 'shadow');
      });
    }

    it('a forged token is as good as none', async () => {
      assert.equal((await ask('forged', 'POST', '/promote')).status, 401);
    });

    it('leader, with the permission model-shadow.write: promotes and reverts', async () => {
      const token = await tokenOf(nodeRed, 'leader');
      for (const [topic, phase] of [
        ['/promote', 'promoted'],
        ['/revert', 'reverted'],
      ] as const) {
        const response = await ask(token, 'POST', topic);
        assert.equal(response.status, 200);
        assert.equal(((await response.json()) as ShadowReport).phase, phase);
      }
    });
  });
}
