import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { demoArguments } from '../../lab/demo/arguments';
import { reachableHosts } from '../../lab/demo/ports';

describe('npm run demo', () => {
  it('is for this machine alone unless a host is said', () => {
    assert.deepEqual(demoArguments([]), { host: '127.0.0.1', port: undefined });
    assert.deepEqual(demoArguments(['--host', '0.0.0.0', '--port', '8080']), { host: '0.0.0.0', port: 8080 });
  });

  for (const port of ['0', '65536', 'http', '80.5'])
    it(`refuses the port ${port}`, () =>
      assert.throws(
        () => demoArguments(['--port', port]),
        new RegExp(`^Error: Expected a whole number from 1 to 65535 for --port but received ${port}$`),
      ));

  it('names addresses that a browser can open', () => {
    assert.deepEqual(reachableHosts('127.0.0.1'), ['127.0.0.1']);
    assert.ok(!reachableHosts('0.0.0.0').includes('0.0.0.0'));
  });
});
