import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applyV4l2Settings, listV4l2Controls, parseV4l2Controls } from '../../../src/camera/controls/v4l2';
import { parseV4l2Settings } from '../../../src/camera/controls/v4l2-settings';
import { record, StandIns } from '../stand-in';

const standIns = new StandIns();
standIns.alone();

describe('controls of a USB camera', () => {
  it('says how to install the program', async () => {
    await assert.rejects(
      listV4l2Controls('/dev/video0'),
      /v4l2-ctl but it is not installed: sudo apt install v4l-utils/,
    );
  });

  it('are read from the list of the program', () => {
    const controls = parseV4l2Controls(record('v4l2-ctrls-usb'));
    assert.equal(controls.length, 12);
    const exposure = controls.find(({ name }) => name === 'exposure_time_absolute');
    assert.deepEqual(exposure, {
      name: 'exposure_time_absolute',
      kind: 'int',
      min: 3,
      max: 2047,
      step: 1,
      usual: 156,
      value: 625,
      isInactive: true,
    });
    assert.deepEqual(controls.find(({ name }) => name === 'auto_exposure')?.choices, {
      1: 'Manual Mode',
      3: 'Aperture Priority Mode',
    });
    assert.equal(controls.find(({ name }) => name === 'pan_absolute')?.min, -72000);
    assert.deepEqual(parseV4l2Controls('garbage\n'), []);
  });

  it('text of settings', () => {
    assert.deepEqual(parseV4l2Settings(' gain = 3,exposure_time_absolute=120\nauto_exposure=1,'), [
      ['gain', 3],
      ['exposure_time_absolute', 120],
      ['auto_exposure', 1],
    ]);
    assert.deepEqual(parseV4l2Settings(''), []);
    for (const bad of ['gain', 'gain=x', 'GAIN=1', '--all', 'a=1;b=2', 'gain=99999999999', 7]) {
      assert.throws(
        () => parseV4l2Settings(bad),
        /Expected control=number, separated by commas, for controls/,
        String(bad),
      );
    }
  });

  it('what rules by itself is set first, one control a call', async () => {
    standIns.install('v4l2-ctl', { exit: 0 });
    await applyV4l2Settings('/dev/video2', parseV4l2Settings('exposure_time_absolute=120, gain=3, auto_exposure=1'));
    assert.deepEqual(
      standIns.calls('v4l2-ctl').map(({ args }) => args.join(' ')),
      [
        '--device /dev/video2 --set-ctrl auto_exposure=1',
        '--device /dev/video2 --set-ctrl exposure_time_absolute=120',
        '--device /dev/video2 --set-ctrl gain=3',
      ],
    );
  });

  it('names the control that the camera does not take', async () => {
    // as v4l2-ctl complains: with status 0 for a control that does not exist
    standIns.installScript('v4l2-ctl', `process.stderr.write("unknown control 'zoom'\\n");`);
    await assert.rejects(applyV4l2Settings('/dev/video0', [['zoom', 3]]), {
      message: 'The camera at /dev/video0 does not take zoom=3: it has no such control',
    });
    standIns.installScript(
      'v4l2-ctl',
      `process.stderr.write('VIDIOC_S_EXT_CTRLS: failed: Permission denied\\n'); process.exit(1);`,
    );
    await assert.rejects(
      applyV4l2Settings('/dev/video0', [['gain', 3]]),
      /something automatic rules it: set that to manual/,
    );
  });
});
