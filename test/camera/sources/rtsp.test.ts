import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runningChildren } from '../../../src/camera/programs/child';
import { concatScript } from '../../../src/camera/sources/rtsp';
import { planCamera } from '../../../src/camera/table';
import { PASSWORD, RtspServer, USER } from '../rtsp-server';
import { Heard, patience, stopAfter, until } from '../support';

function openCamera(raw: Record<string, unknown>, credentials: { user?: string; password?: string } = {}) {
  const heard = new Heard();
  const source = planCamera({ source: 'rtsp', fps: 0, delay: 0, timeout: 60, ...raw }, credentials).open(heard);
  stopAfter(source).start();
  return { source, heard, next: () => source.capture(0, patience()) };
}

/** Command lines of all processes, as ps shows them. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}

describe('rtsp source', () => {
  for (const auth of ['basic', 'digest'] as const) {
    it(`signs in with ${auth}, and no process list shows how`, async () => {
      const server = await new RtspServer(auth).start();
      const { source, heard, next } = openCamera({ url: server.url }, { user: USER, password: PASSWORD });
      const picture = await next();
      assert.deepEqual([picture.format, picture.width, picture.height], ['jpeg', 320, 240]);
      const lines = commandLines();
      const readers = lines.filter((line) => line.includes('ffmpeg') && line.includes('concat'));
      assert.equal(readers.length, 1, 'the check below sees the ffmpeg that reads the camera');
      for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'pa%27ss', USER]) {
        assert.ok(!lines.some((line) => line.includes(secret)), `${secret} in a process list`);
      }
      assert.equal(source.label, server.url);
      await source.stop();
      assert.equal(runningChildren(), 0);
      assert.deepEqual(heard.errors, []);
    });
  }

  it('says what to do about a wrong password, and does not repeat it', async () => {
    const server = await new RtspServer('digest').start();
    const { source, heard } = openCamera({ url: server.url }, { user: USER, password: 'wr0ng' });
    await until(() => heard.errors.length > 0, 'the error');
    assert.equal(
      heard.errors[0]?.message,
      `The camera at ${server.url} gives no pictures: it refused the user or password: enter them in their fields`,
    );
    await source.stop();
  });

  it('says what to do about a wrong path and a wrong port', async () => {
    const server = await new RtspServer('none').start();
    const path = openCamera({ url: server.url.replace('/cam', '/none') });
    const port = openCamera({ url: 'rtsp://127.0.0.1:1/cam' });
    await until(() => path.heard.errors.length > 0 && port.heard.errors.length > 0, 'both errors');
    assert.match(path.heard.errors[0]?.message ?? '', /it has no such stream: check the path of url/);
    assert.match(port.heard.errors[0]?.message ?? '', /nothing listens there: check the port/);
    await Promise.all([path.source.stop(), port.source.stop()]);
  });

  it('comes back when the camera is switched off and on, and when it freezes', async () => {
    const server = await new RtspServer('none').start();
    const { source, heard, next } = openCamera({ url: server.url });
    await next();
    await server.kill();
    await until(() => heard.states.includes('lost'), 'the loss');
    await server.serve();
    await source.recovered(patience());
    await next();
    server.server?.kill('SIGSTOP');
    await until(() => heard.errors.some(({ message }) => message.includes('has been silent for 5 s')), 'the stall');
    server.server?.kill('SIGCONT');
    await source.recovered(patience());
    await next();
    await source.stop();
    assert.equal(runningChildren(), 0);
  });

  it('gives raw RGB of the size wanted, padded with grey, at the rate wanted', async () => {
    const server = await new RtspServer('none').start();
    const { source, next } = openCamera({ url: server.url, format: 'rgb24', width: 64, height: 64, fps: 5 });
    const first = await next();
    assert.deepEqual([first.format, first.width, first.height, first.bytes.length], ['rgb24', 64, 64, 64 * 64 * 3]);
    // 4:3 in a square: the first rows are padding
    assert.deepEqual([...first.bytes.subarray(0, 3)], [114, 114, 114]);
    const times = [first, await next(), await next(), await next()].map(({ capturedAtMs }) => capturedAtMs);
    // 5 a second, not 25: 600 ms for 3, less what a busy machine bunches
    assert.ok((times[3] as number) - (times[0] as number) > 300, String(times));
    await source.stop();
  });

  it('hands on whole pictures from the first on, though it joins the stream in the middle of one', async () => {
    const server = await new RtspServer('none', 'smptebars').start();
    // keeps the stream going, so that the next ones join it
    const viewer = openCamera({ url: server.url });
    await viewer.next();
    const raw = { url: server.url, format: 'rgb24', width: 320, height: 240 };
    for (let join = 0; join < 3; join += 1) {
      const { source, next } = openCamera(raw);
      const first = (await next()).bytes;
      for (let count = 0; count < 15; count += 1) await next();
      const later = (await next()).bytes;
      // the scene stands still: what differs is coding, or was never there
      const difference =
        first.reduce((sum, value, at) => sum + Math.abs(value - (later[at] as number)), 0) / first.length;
      assert.ok(difference < 4, `mean difference ${difference} levels at join ${join}`);
      await source.stop();
    }
    await viewer.source.stop();
  });

  it('writes a script that nothing in a url or password can break out of', () => {
    const { pathname } = new URL("rtsp://cam/a'b\\c");
    assert.match(pathname, /['\\]/);
    const script = concatScript({
      url: new URL("rtsp://cam:8554/a'b\\c?x='y"),
      credentials: { user: "o'neil", password: "'\n'file '/etc/passwd" },
      transport: 'tcp',
      timeoutMs: 5000,
      output: { format: 'jpeg', size: undefined, fps: 0, copy: false },
      maxBytes: 1,
      keep: 1,
      delayMs: 0,
    });
    assert.deepEqual(script.split('\n').slice(0, 3), [
      'ffconcat version 1.0',
      "file 'rtsp://o%27neil:%27%0A%27file%20%27%2Fetc%2Fpasswd@cam:8554/a%27b%5Cc?x=%27y'",
      'option rtsp_transport tcp',
    ]);
  });
});
