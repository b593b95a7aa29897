import assert from 'node:assert/strict';
import type { NodeRedProcess } from './node-red-process';

const PASSWORD = 'not a secret';

/** A line for settings.js that turns adminAuth on, with these users and their permissions. */
export function adminAuth(permissions: Record<string, string | string[]>): string {
  const users = Object.fromEntries(
    Object.entries(permissions).map(([username, allowed]) => [username, { username, permissions: allowed }]),
  );
  return `
  adminAuth: (() => {
    const users = ${JSON.stringify(users)};
    return {
      type: 'credentials',
      users: async (name) => users[name] ?? null,
      authenticate: async (name, password) => (password === ${JSON.stringify(PASSWORD)} ? users[name] : null),
    };
  })(),`;
}

/** Logs a user in, as the editor does. @returns the token */
export async function tokenOf(nodeRed: NodeRedProcess, username: string): Promise<string> {
  const login = { client_id: 'node-red-admin', grant_type: 'password', scope: '', username, password: PASSWORD };
  const response = await nodeRed.post('/auth/token', login);
  assert.equal(response.status, 200);
  return ((await response.json()) as { access_token: string }).access_token;
}
