// Who may read the metrics of a Node-RED with users.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NodeRedProcess } from '../helpers/node-red-process';
import { NODE_RED_4 } from '../helpers/node-red-versions';
import { ROOT } from '../helpers/root';

// what Node-RED checks passwords with, without declarations
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { hashSync } = require('bcryptjs') as { hashSync: (password: string, rounds: number) => string };

const PASSWORD = 'a password';
/** What the users may do, by their names. */
const USERS = { prometheus: 'edge-inspect.read', reader: 'flows.read' };

describe('GET /edge-inspect/metrics', () => {
  const userDir = mkdtempSync(join(tmpdir(), 'metrics-'));
  let nodeRed: NodeRedProcess;

  before(async () => {
    const users = Object.entries(USERS).map(([username, permission]) => ({
      username,
      password: hashSync(PASSWORD, 4),
      permissions: [permission],
    }));
    const adminAuth = { type: 'credentials', users, default: { permissions: ['nodes.read'] } };
    nodeRed = await NodeRedProcess.start({
      redJs: NODE_RED_4.redJs,
      userDir,
      settings: `nodesDir: ${JSON.stringify(join(ROOT, 'dist', 'nodes'))}, adminAuth: ${JSON.stringify(adminAuth)}`,
    });
  });
  after(async () => {
    await nodeRed?.stop();
    rmSync(userDir, { recursive: true, force: true });
  });

  async function metricsAs(username?: keyof typeof USERS): Promise<Response> {
    const headers: Record<string, string> = {};
    if (username !== undefined) {
      const user = { username, password: PASSWORD, scope: USERS[username] };
      const login = { client_id: 'node-red-admin', grant_type: 'password', ...user };
      const answer = await fetch(`${nodeRed.url}/auth/token`, { method: 'POST', body: new URLSearchParams(login) });
      const { access_token: token } = (await answer.json()) as { access_token: string };
      headers.authorization = `Bearer ${token}`;
    }
    return fetch(`${nodeRed.url}/edge-inspect/metrics`, { headers });
  }

  it('is for users with the permission', async () => {
    const response = await metricsAs('prometheus');
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
    const text = await response.text();
    assert.match(text, /^edge_inspect_paused 0$/m);
    assert.match(text, /^edge_inspect_process_resident_memory_bytes \d+/m);
    // no guard has looked: a missing sensor is no 0
    assert.doesNotMatch(text, /^edge_inspect_temperature_celsius /m);
  });

  it('is not for anybody, nor for users without it', async () => {
    assert.equal((await metricsAs()).status, 401);
    assert.equal((await metricsAs('reader')).status, 401);
  });
});
