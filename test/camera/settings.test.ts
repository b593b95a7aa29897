import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { planCamera } from '../../src/camera/table';

const GOOD = { source: 'folder', path: '/pictures' };

describe('camera settings', () => {
  it('takes defaults, and the strings of a dialog', () => {
    assert.deepEqual(planCamera({ ...GOOD, fps: '2.5', timeout: '3', region: '1, 2,30,40', rotate: '90' }).settings, {
      name: '',
      fps: 2.5,
      trigger: 'free-run',
      overload: 'latest',
      timeoutMs: 3000,
      rotate: 90,
      region: { x: 1, y: 2, width: 30, height: 40 },
      maxBytes: 32 * 1024 * 1024,
    });
  });

  const refused: Array<[Record<string, unknown>, string]> = [
    [{ source: 'webcam' }, 'source'],
    [{ source: 'toString' }, 'source'],
    [{ fps: 'fast' }, 'fps'],
    [{ fps: -1 }, 'fps'],
    [{ fps: 121 }, 'fps'],
    [{ trigger: 'button' }, 'trigger'],
    [{ overload: 'all' }, 'overload'],
    [{ timeout: 0 }, 'timeout (seconds)'],
    [{ rotate: 45 }, 'rotate'],
    [{ region: '1,2,3' }, 'region'],
    [{ region: '1,2,0,3' }, 'region'],
    [{ region: '1,2,3,0' }, 'region'],
    [{ region: '1,,3,4' }, 'region'],
    [{ region: '-1,2,3,4' }, 'region'],
    [{ region: [1, 2, 3, 4] }, 'region'],
    [{ maxSize: 1000 }, 'maxSize (MB)'],
    [{ path: ' ' }, 'path'],
    [{ source: 'http', url: 'ftp://cam' }, 'url'],
    [{ source: 'http', url: 'cam/snapshot.jpg' }, 'url'],
    [{ source: 'http', url: undefined }, 'url'],
    [{ source: 'http', url: 'http://cam/a\nb' }, 'url'],
  ];
  for (const [change, name] of refused) {
    it(`refuses ${JSON.stringify(change)}`, () => {
      assert.throws(
        () => planCamera({ ...GOOD, ...change }),
        (error: Error) =>
          /^Expected .* for .* but received .*/.test(error.message) && error.message.includes(` for ${name} `),
      );
    });
  }

  it('never repeats a url that holds a password', () => {
    for (const url of ['http://admin:s3cret@cam/', 'htp://admin:s3cret@cam/', 'http://admin:s3cret@ca m/', 's3cret']) {
      assert.throws(
        () => planCamera({ source: 'http', url }),
        (error: Error) => /^Expected /.test(error.message) && !error.message.includes('s3cret'),
      );
    }
  });
});
