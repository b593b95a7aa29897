import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  FOCUSES,
  HDRS,
  parseRpicamControls,
  rpicamControlArgs,
  sensorFps,
  WHITE_BALANCES,
} from '../../../src/camera/controls/rpicam';
import { rpicamStillArgs, rpicamVidArgs } from '../../../src/camera/sources/rpicam';
import { record } from '../stand-in';

const FIXED = {
  shutter: '4000',
  gain: 2,
  whiteBalance: 'fixed',
  redGain: '1.8',
  blueGain: 1.5,
  focus: 'manual',
  lensPosition: 4.5,
  hdr: 'off',
  tuningFile: '/usr/share/libcamera/ipa/rpi/pisp/imx708.json',
  sensorRegion: '0.25, 0.25, 0.5, 0.5',
  cameraFps: 50,
};

/** Reads arguments as the program does: by the list of options in its own help. */
function readAsProgram(args: string[]): Record<string, string> {
  const help = record('rpicam-help');
  const takes = new Map([...help.matchAll(/--([a-z-]+)(?: \])? (arg|\[=arg)/g)].map(([, name, arg]) => [name, arg]));
  const given: Record<string, string> = {};
  for (let at = 0; at < args.length; at += 1) {
    const name = (args[at] ?? '').slice(2);
    assert.ok(args[at]?.startsWith('--') && takes.has(name), `unrecognised option '${args[at]}'`);
    // an option with an optional argument takes the next word only where it does not look like an option
    const isSwitch = takes.get(name) === '[=arg' && (args[at + 1] ?? '--').startsWith('--');
    given[name] = isSwitch ? '1' : (args[++at] ?? assert.fail(`no argument for ${name}`));
  }
  return given;
}

describe('controls of a Pi camera', () => {
  it('are what the program has in its help', () => {
    const controls = parseRpicamControls(FIXED);
    assert.deepEqual(readAsProgram(rpicamControlArgs(controls)), {
      shutter: '4000',
      gain: '2',
      awbgains: '1.8,1.5',
      'autofocus-mode': 'manual',
      'lens-position': '4.5',
      hdr: 'off',
      'tuning-file': FIXED.tuningFile,
      roi: '0.25,0.25,0.5,0.5',
    });
    for (const args of [
      rpicamVidArgs({ camera: 0, size: undefined, fps: 0, controls }),
      rpicamStillArgs({ camera: 0, size: { width: 640, height: 480 }, controls }),
    ]) {
      readAsProgram(args);
    }
    assert.throws(() => readAsProgram(['--shuter', '1']), /unrecognised option/);
  });

  it('every word of a choice is in the help of the program', () => {
    const help = record('rpicam-help');
    const words = [...WHITE_BALANCES, ...FOCUSES, ...HDRS].filter((word) => word !== '' && word !== 'fixed');
    for (const word of words) assert.match(help, new RegExp(`\\b${word}\\b`));
  });

  it('are left to the camera where nothing is said', () => {
    for (const raw of [{}, { shutter: '', gain: null, whiteBalance: '', focus: '', hdr: '', sensorRegion: '' }]) {
      assert.deepEqual(rpicamControlArgs(parseRpicamControls(raw)), []);
    }
    // a value that something else makes meaningless is not sent
    const idle = parseRpicamControls({ whiteBalance: 'auto', redGain: 2, focus: 'continuous', lensPosition: 3 });
    assert.deepEqual(rpicamControlArgs(idle), ['--awb', 'auto', '--autofocus-mode', 'continuous']);
  });

  const wrong: Array<[Record<string, unknown>, RegExp]> = [
    [{ shutter: 0 }, /Expected a number between 1 and 60000000 for shutter \(µs\) but received 0/],
    [{ gain: 'much' }, /for gain but received "much"/],
    [{ whiteBalance: 'candle' }, /Expected one of .*daylight.* for whiteBalance but received "candle"/],
    [{ whiteBalance: 'fixed', redGain: 2 }, /for blueGain but received undefined/],
    [{ focus: 'manual', lensPosition: 99 }, /between 0 and 32 for lensPosition/],
    [{ sensorRegion: '0.5, 0, 0.6, 1' }, /fractions of the sensor/],
    [{ sensorRegion: '0, 0, 0, 1' }, /fractions of the sensor/],
    [{ tuningFile: '--output /etc/passwd' }, /path of a tuning file/],
    [{ tuningFile: '/usr/../etc/x.json' }, /path of a tuning file/],
    [{ shutter: 50_000, cameraFps: 30 }, /Expected at most 33333 µs at 30 pictures a second for shutter/],
  ];
  for (const [raw, sentence] of wrong) {
    it(`refuses ${JSON.stringify(raw)}`, () => assert.throws(() => parseRpicamControls(raw), sentence));
  }

  it('a long exposure gets a rate that has time for it', () => {
    assert.equal(sensorFps({ shutterUs: 100_000 }, 0), 10);
    assert.equal(sensorFps({ shutterUs: 4_000 }, 0), 0);
    assert.equal(sensorFps({ cameraFps: 25 }, 5), 25);
    assert.equal(sensorFps({}, 5), 5);
    assert.throws(() => parseRpicamControls({ shutter: 300_000 }, 5), /at most 200000 µs at 5 pictures a second/);
  });
});
