import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { httpMjpegSource } from '../../../src/camera/sources/http-mjpeg';
import { Heard, httpServer, jpeg, markOf, patience, stopAfter, until } from '../support';

const HEADERS = { 'content-type': 'multipart/x-mixed-replace; boundary=frame' };

function part(mark: string): Buffer {
  return Buffer.concat([Buffer.from('--frame\r\nContent-Type: image/jpeg\r\n\r\n'), jpeg(mark), Buffer.from('\r\n')]);
}

/** A network camera whose viewers are in the hands of the test. */
async function openCamera(headers: Record<string, string> = HEADERS, status = 200) {
  const viewers: ServerResponse[] = [];
  const { url } = await httpServer((_request, response) => {
    response.writeHead(status, headers).flushHeaders();
    viewers.push(response);
  });
  const heard = new Heard();
  const options = { url: new URL(url), credentials: {}, timeoutMs: 20_000, maxBytes: 100_000, keep: 1, delayMs: 0 };
  const source = httpMjpegSource(options, heard);
  stopAfter(source).start();
  const viewer = async (index: number) => {
    await until(() => viewers.length > index, `connection ${index}`);
    return viewers[index] as ServerResponse;
  };
  const next = async () => markOf((await source.capture(0, patience())).bytes);
  return { source, heard, viewer, next, url };
}

describe('http stream source', () => {
  it('takes the pictures out of a multipart answer, garbage or not', async () => {
    const { source, heard, viewer, next } = await openCamera();
    const camera = await viewer(0);
    camera.write(part('a'));
    assert.equal(await next(), 'a');
    camera.write(Buffer.concat([Buffer.from('garbage'), jpeg('broken').subarray(0, -10), part('b')]));
    assert.equal(await next(), 'b');
    assert.deepEqual(heard.losses, ['broken']);
    assert.deepEqual(heard.states, ['connecting', 'live']);
    await source.stop();
    await until(() => camera.destroyed, 'the connection to be closed');
  });

  it('connects anew when the camera closes the connection', async () => {
    const { source, heard, viewer, next } = await openCamera();
    (await viewer(0)).write(part('a'));
    assert.equal(await next(), 'a');
    (await viewer(0)).destroy();
    await until(() => heard.states.includes('lost'), 'the loss');
    (await viewer(1)).write(part('b'));
    await source.recovered(patience());
    assert.equal(await next(), 'b');
    await source.stop();
  });

  it('says what to do about an answer that is no stream', async () => {
    const { source, heard, url } = await openCamera({ 'content-type': 'text/html' });
    await until(() => heard.errors.length > 0, 'the error');
    assert.equal(
      heard.errors[0]?.message,
      `Expected a Motion-JPEG stream from ${url} but received text/html: choose snapshot, or check url`,
    );
    await source.stop();
  });

  it('says what to do about a refusal', async () => {
    const { source, heard } = await openCamera({}, 401);
    await until(() => heard.errors.length > 0, 'the error');
    assert.match(heard.errors[0]?.message ?? '', /status 401 \(enter the user and password of the camera\)$/);
    await source.stop();
  });
});
