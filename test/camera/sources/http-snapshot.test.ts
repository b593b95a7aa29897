import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { describe, it } from 'node:test';
import type { Credentials } from '../../../src/camera/http/camera-url';
import { httpSnapshotSource } from '../../../src/camera/sources/http-snapshot';
import { Heard, httpServer, jpeg, markOf, patience, stopAfter } from '../support';
import { steadyNowMs } from '../../../src/kit/clock';

const PASSWORD = 'pa"ss/wörd';

function openCamera(url: string, options: { credentials?: Credentials; timeoutMs?: number; maxBytes?: number } = {}) {
  const heard = new Heard();
  const { credentials = {}, timeoutMs = 20_000, maxBytes = 100_000 } = options;
  const source = httpSnapshotSource({ url: new URL(url), credentials, timeoutMs, maxBytes }, heard);
  stopAfter(source).start();
  return { source, heard, grab: () => source.capture(0, patience()) };
}

/** Opens a camera on a server, runs the check, and leaves nothing open. */
async function withCamera(
  handle: RequestListener,
  options: Parameters<typeof openCamera>[1] & { path?: string },
  check: (camera: ReturnType<typeof openCamera>, url: string) => Promise<void>,
): Promise<void> {
  const { url } = await httpServer(handle);
  const camera = openCamera(url + (options.path ?? '/'), options);
  try {
    await check(camera, url);
  } finally {
    await camera.source.stop();
  }
}

const serveJpeg: RequestListener = (_request, response) => response.end(jpeg('snap'));

describe('http snapshot source', () => {
  it('takes one picture per request', async () => {
    await withCamera(serveJpeg, {}, async ({ grab, heard }) => {
      const before = steadyNowMs();
      const picture = await grab();
      assert.equal(markOf(picture.bytes), 'snap');
      assert.deepEqual([picture.format, picture.width, picture.height], ['jpeg', 64, 48]);
      assert.ok(picture.capturedAtMs >= before);
      assert.deepEqual(heard.states, ['connecting', 'live']);
    });
  });

  it('answers a Basic challenge, and then asks with the header at once', async () => {
    let requests = 0;
    const expected = `Basic ${Buffer.from(`admin:${PASSWORD}`).toString('base64')}`;
    const handle: RequestListener = (request, response) => {
      requests += 1;
      if (request.headers.authorization === expected) return response.end(jpeg());
      response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
    };
    await withCamera(handle, { credentials: { user: 'admin', password: PASSWORD } }, async ({ grab }) => {
      await grab();
      await grab();
      assert.equal(requests, 3);
    });
  });

  for (const [algorithm, hashName] of [
    ['MD5', 'md5'],
    ['SHA-256', 'sha256'],
  ] as const) {
    it(`answers a Digest challenge with ${algorithm}`, async () => {
      const hash = (text: string) => createHash(hashName).update(text).digest('hex');
      const handle: RequestListener = (request, response) => {
        const fields = Object.fromEntries(
          [...(request.headers.authorization ?? '').matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g)].map((field) => [
            field[1],
            field[2] ?? field[3],
          ]),
        ) as Record<string, string>;
        const right = hash(
          `${hash(`admin:cam:${PASSWORD}`)}:n0nce:${fields.nc}:${fields.cnonce}:auth:${hash('GET:/snap?x=1')}`,
        );
        if (fields.response === right && fields.uri === '/snap?x=1') return response.end(jpeg());
        const challenge = `Digest realm="cam", qop="auth,auth-int", nonce="n0nce", algorithm=${algorithm}, opaque="o"`;
        response.writeHead(401, { 'www-authenticate': challenge }).end();
      };
      const options = { credentials: { user: 'admin', password: PASSWORD }, path: '/snap?x=1' };
      await withCamera(handle, options, async ({ grab }) => {
        assert.equal((await grab()).format, 'jpeg');
        assert.equal((await grab()).format, 'jpeg');
      });
    });
  }

  it('fills credentials into the query where the url asks for it, and shows them nowhere', async () => {
    const seen: string[] = [];
    const handle: RequestListener = (request, response) => {
      seen.push(request.url ?? '');
      response.writeHead(404).end();
    };
    const options = { credentials: { user: 'a&b', password: PASSWORD }, path: '/cgi?u={user}&p={password}' };
    await withCamera(handle, options, async ({ grab, source }, url) => {
      await assert.rejects(grab(), (error: Error) => {
        assert.equal(
          error.message,
          `The camera at ${url}/cgi gave no picture: it answered with status 404 (check url against the camera's manual)`,
        );
        return true;
      });
      assert.equal(seen[0], `/cgi?u=a%26b&p=${encodeURIComponent(PASSWORD)}`);
      assert.equal(source.label, `${url}/cgi`);
    });
  });

  it('sends credentials to no other origin than the one configured', async () => {
    const got: Array<string | undefined> = [];
    const other = await httpServer((request, response) => {
      got.push(request.headers.authorization);
      response.writeHead(401, { 'www-authenticate': 'Basic realm="thief"' }).end();
    });
    const handle: RequestListener = (_request, response) => response.writeHead(302, { location: other.url }).end();
    await withCamera(handle, { credentials: { user: 'admin', password: PASSWORD } }, async ({ grab }) => {
      await assert.rejects(grab(), /answered with status 401/);
      assert.deepEqual(got, [undefined]);
    });
  });

  it('follows a redirect, but not for ever and not to another protocol', async () => {
    const handle: RequestListener = (request, response) => {
      const to = { '/a': '/picture', '/loop': '/loop', '/file': 'file:///etc/passwd' }[request.url ?? ''];
      if (to === undefined) return response.end(jpeg('redirected'));
      response.writeHead(302, { location: to }).end();
    };
    await withCamera(handle, { path: '/a' }, async ({ grab }) => {
      assert.equal(markOf((await grab()).bytes), 'redirected');
    });
    await withCamera(handle, { path: '/loop' }, async ({ grab }) => {
      await assert.rejects(grab(), /redirected more than 3 times$/);
    });
    await withCamera(handle, { path: '/file' }, async ({ grab }) => {
      await assert.rejects(grab(), /redirected to file:, which is not followed$/);
    });
  });

  it('gives up a camera that hangs, before or in the middle of an answer', async () => {
    const handle: RequestListener = (request, response) => {
      if (request.url === '/half') response.writeHead(200, { 'content-length': 1000 }).write(jpeg());
    };
    for (const path of ['/none', '/half']) {
      await withCamera(handle, { path, timeoutMs: 150 }, async ({ grab, heard }) => {
        await assert.rejects(grab(), /gave no picture within 150 ms: check that it is on, or raise timeout$/);
        assert.equal(heard.states.at(-1), 'lost');
      });
    }
  });

  it('stops reading an answer that is larger than a picture may be, announced or not', async () => {
    let sentBytes = 0;
    const handle: RequestListener = (request, response) => {
      if (request.url === '/announced') return response.writeHead(200, { 'content-length': 1e9 }).write(jpeg());
      const chunk = Buffer.alloc(64 * 1024);
      const pour = () => {
        while (!response.destroyed && response.write(chunk)) sentBytes += chunk.length;
      };
      response.on('drain', pour);
      pour();
    };
    for (const path of ['/announced', '/endless']) {
      await withCamera(handle, { path }, async ({ grab }) => {
        await assert.rejects(grab(), /sent more than 100000 bytes, which is not one picture: check url$/);
      });
    }
    assert.ok(sentBytes < 50e6, `the server got rid of ${sentBytes} bytes`);
  });

  it('says what came instead of a picture', async () => {
    const handle: RequestListener = (_request, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<html>log in');
    await withCamera(handle, {}, async ({ grab, heard }, url) => {
      await assert.rejects(grab(), {
        code: 'BAD_IMAGE',
        message: `Expected a picture from ${url} but received 12 bytes of text/html`,
      });
      assert.deepEqual(heard.losses, ['broken']);
    });
  });

  it('tells a refused connection and a broken one apart', async () => {
    const camera = openCamera('http://127.0.0.1:1/');
    await assert.rejects(camera.grab(), /nothing listens there: check the port, and that the camera is on$/);
    await camera.source.stop();
    const handle: RequestListener = (_request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write(jpeg(), () => response.destroy());
    };
    await withCamera(handle, {}, async ({ grab }) => {
      await assert.rejects(grab(), /the connection broke in the middle of a picture$/);
    });
  });
});
