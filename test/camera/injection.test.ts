import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { InspectionError } from '../../src/contract/errors';
import type { FrameSource } from '../../src/camera/sources/source';
import { rtspArgs } from '../../src/camera/sources/rtsp';
import { planCamera } from '../../src/camera/table';
import { StandIns } from './stand-in';
import { Heard, temporaryFolder } from './support';

const trap = join(temporaryFolder(), 'executed');
const secrets = temporaryFolder();
writeFileSync(join(secrets, 'secret.txt'), 'top secret');

/** Pieces that mean something to a shell, to ffmpeg, to a url parser, to a script or to a file system. */
const PIECES = [
  `;touch ${trap}`,
  `$(touch ${trap})`,
  `\`touch ${trap}\``,
  `|touch ${trap}`,
  `&&touch ${trap}`,
  `\ntouch ${trap}`,
  `\r\ntouch ${trap}`,
  `\0touch ${trap}`,
  `' -y ${trap} '`,
  `" -y ${trap} "`,
  `'\nfile '${secrets}/secret.txt`,
  ` -i ${secrets}/secret.txt`,
  `-i`,
  `-y ${trap}`,
  `--post-process-file=${trap}`,
  '../../../../../etc',
  '%2e%2e/%2e%2e/etc',
  `file:${secrets}/secret.txt`,
  `file://${secrets}/secret.txt`,
  `concat:${secrets}/secret.txt|/etc/passwd`,
  `subfile,,start,0,end,10,,:${secrets}/secret.txt`,
  `data:image/jpeg;base64,AAAA`,
  `gopher://127.0.0.1:1/`,
  `pipe:0`,
  `\${IFS}touch\${IFS}${trap}`,
];

/** Where each piece is put: 25 pieces in four places make 100 strings. */
const PLACES: Array<[string, (piece: string) => Record<string, unknown>]> = [
  ['http url', (piece) => ({ source: 'http', url: `http://127.0.0.1:1/${piece}`, mode: 'stream' })],
  ['rtsp url', (piece) => ({ source: 'rtsp', url: piece.includes('://') ? piece : `rtsp://127.0.0.1:1/${piece}` })],
  ['device', (piece) => ({ source: 'v4l2', device: `/dev/video0${piece}` })],
  ['folder', (piece) => ({ source: 'folder', path: `${secrets}/${piece}`, loop: true })],
];

const standIns = new StandIns();
// says how it was called, and what it was told on its standard input
standIns.installScript(
  'ffmpeg',
  `
  const text = require('node:fs').readFileSync(0, 'utf8');
  const call = { pid: process.pid, args: process.argv.slice(2), env: [text] };
  require('node:fs').appendFileSync(__filename + '.log', JSON.stringify(call) + '\\n');
  process.exit(1);
`,
);

const opened: FrameSource[] = [];
after(() => Promise.all(opened.map((source) => source.stop())));

/** What happened to a hostile camera: refused when checked, or failed when asked for a picture. */
async function attempt(raw: Record<string, unknown>): Promise<'refused' | 'failed'> {
  const heard = new Heard();
  let source: FrameSource;
  try {
    source = planCamera({ timeout: 5, fps: 0, ...raw }, { user: 'u', password: `p';touch ${trap}` }).open(heard);
  } catch (error) {
    assert.ok(error instanceof InspectionError, String(error));
    assert.match(error.message, /^Expected /);
    return 'refused';
  }
  opened.push(source);
  source.start();
  await assert.rejects(source.capture(0, AbortSignal.timeout(60_000)), (error) => error instanceof InspectionError);
  await source.stop();
  return 'failed';
}

/** What follows the url in ffmpeg's script, whatever the url. */
const USUAL_SCRIPT = [
  'option rtsp_transport tcp',
  'option timeout 5000000',
  'option fflags nobuffer',
  'option analyzeduration 0',
  'option probesize 32',
  '',
];

describe('100 hostile strings', () => {
  for (const [place, rawOf] of PLACES) {
    it(`in the ${place}: none executes or reads what it should not`, async () => {
      for (const piece of PIECES) {
        const outcome = await attempt(rawOf(piece));
        if (place === 'device') assert.equal(outcome, 'refused', JSON.stringify(piece));
        assert.ok(!existsSync(trap), `${JSON.stringify(piece)} was executed`);
      }
    });
  }

  it('ffmpeg got nothing of them but urls in a script of its own', () => {
    const calls = standIns.calls('ffmpeg');
    // those without blanks and control characters are urls, if odd ones
    assert.ok(calls.length >= 10, String(calls.length));
    const usual = rtspArgs({ format: 'jpeg', size: undefined, fps: 0, copy: false });
    for (const { args, env } of calls) {
      assert.deepEqual(args, usual);
      const [script = ''] = env;
      const lines = script.split('\n');
      assert.match(lines[1] ?? '', /^file 'rtsp:\/\/u:p%27%3Btouch[^'\\\s]*@127\.0\.0\.1:1\/[^'\\\s]*'$/);
      assert.equal(lines[0], 'ffconcat version 1.0');
      assert.deepEqual(lines.slice(2), USUAL_SCRIPT, script);
    }
  });

  it('ffmpeg itself refuses files and other protocols, should a camera lead there', () => {
    const path = (process.env.PATH ?? '').split(':').slice(1).join(':');
    for (const url of [
      `${secrets}/secret.txt`,
      `file:${secrets}/secret.txt`,
      'http://127.0.0.1:1/x',
      'concat:/etc/passwd',
    ]) {
      const script = `ffconcat version 1.0\nfile '${url}'\n`;
      const args = rtspArgs({ format: 'jpeg', size: undefined, fps: 0, copy: false });
      const { stderr, status, stdout } = spawnSync('ffmpeg', args, {
        input: script,
        env: { PATH: path },
        timeout: 60_000,
      });
      assert.notEqual(status, 0);
      // a path without a scheme is read as a number of a pipe
      assert.match(stderr.toString(), /not on whitelist|Impossible to open 'pipe:\//, url);
      assert.equal(stdout.length, 0);
    }
  });
});
