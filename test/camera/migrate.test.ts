import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONFIG_VERSION, migrate } from '../../src/camera/migrate';

describe('migration of camera properties', () => {
  it('brings a flow without a version up to date', () => {
    assert.deepEqual(migrate({ source: 'folder', path: '/p' }), {
      source: 'folder',
      path: '/p',
      loop: true,
      version: CONFIG_VERSION,
    });
    assert.equal(migrate({ loop: false }).loop, false);
  });

  it('leaves a flow of this version, and of a later one, as it is', () => {
    assert.deepEqual(migrate({ version: CONFIG_VERSION, path: '/p' }), { version: CONFIG_VERSION, path: '/p' });
    assert.deepEqual(migrate({ version: 99, new: 1 }), { version: 99, new: 1 });
  });

  it('takes a version that is none for the oldest', () => {
    for (const version of [-1, 'x', null, 0.5]) assert.equal(migrate({ version }).version, CONFIG_VERSION);
  });
});
