// The endpoints of camera-in's dialog with adminAuth on: who may list cameras, and who may have a picture taken.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { jpeg } from '../camera/support';
import { adminAuth, tokenOf } from '../helpers/admin-auth';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';

const SETTINGS = `
  nodesDir: [${JSON.stringify(join(ROOT, 'dist', 'nodes'))}],${adminAuth({
    admin: '*',
    viewer: 'read',
    fitter: ['camera-in.read', 'camera-in.write'],
    cook: ['library.read'],
  })}`;

/** Status of the list of cameras and of a test picture, by who asks; undefined: nobody in particular. */
const ALLOWED: Array<[user: string | undefined, list: number, test: number]> = [
  [undefined, 401, 401],
  ['cook', 401, 401],
  ['viewer', 200, 401],
  ['fitter', 200, 200],
  ['admin', 200, 200],
];

describe('the dialog of camera-in with adminAuth', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'camera-auth-'));
  const pictures = join(userDir, 'pictures');
  let nodeRed: NodeRedProcess;

  before(async () => {
    mkdirSync(pictures);
    writeFileSync(join(pictures, 'a.jpg'), jpeg());
    nodeRed = await NodeRedProcess.start({ redJs: NODE_RED_4.redJs, userDir, settings: SETTINGS });
  });
  after(async () => {
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  async function headersOf(username: string | undefined): Promise<Record<string, string>> {
    if (username === undefined) return {};
    return { authorization: `Bearer ${await tokenOf(nodeRed, username)}` };
  }

  for (const [user, list, test] of ALLOWED) {
    it(`${user ?? 'without a token'}: the list ${list}, a test picture ${test}`, async () => {
      const headers = await headersOf(user);
      assert.equal((await fetch(`${nodeRed.url}/camera-in/cameras`, { headers })).status, list);
      const response = await fetch(`${nodeRed.url}/camera-in/test`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ source: 'folder', path: pictures }),
      });
      assert.equal(response.status, test);
      const text = await response.text();
      assert.equal(text.includes('data:image/jpeg'), test === 200);
    });
  }
});
