import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { listCameras, parseRpicamList, parseV4l2List } from '../../src/camera/list';
import { record, StandIns } from './stand-in';
import { temporaryFolder } from './support';

const standIns = new StandIns();
standIns.alone();

describe('list of cameras', () => {
  it('reads what rpicam-hello says on a Pi 5 and a Pi 4', () => {
    assert.deepEqual(parseRpicamList(record('rpicam-hello-pi5-imx500')), [
      { source: 'rpicam', device: '0', label: '0: imx500 (4056x3040)' },
    ]);
    assert.deepEqual(parseRpicamList(record('rpicam-hello-imx708-wide')), [
      { source: 'rpicam', device: '0', label: '0: imx708_wide (4608x2592)' },
    ]);
    assert.deepEqual(parseRpicamList(record('rpicam-hello-none')), []);
  });

  it('reads what v4l2-ctl says, and leaves out what is no camera', () => {
    assert.deepEqual(parseV4l2List(record('v4l2-ctl-pi4')), []);
    assert.deepEqual(parseV4l2List(record('v4l2-ctl-usb')), [
      { source: 'v4l2', device: '/dev/video0', label: 'USB 2.0 Camera: USB Camera (/dev/video0)' },
    ]);
  });

  it('is empty where no program and no device is there', async () => {
    assert.deepEqual(await listCameras(join(temporaryFolder(), 'none')), []);
  });

  it('asks the kernel where v4l2-ctl is not installed', async () => {
    const root = temporaryFolder();
    const device = (node: string, driver: string, index: string, name: string) => {
      mkdirSync(join(root, node, 'device'), { recursive: true });
      symlinkSync(`/sys/bus/usb/drivers/${driver}`, join(root, node, 'device', 'driver'));
      writeFileSync(join(root, node, 'index'), `${index}\n`);
      writeFileSync(join(root, node, 'name'), `${name}\n`);
    };
    device('video2', 'uvcvideo', '0', 'Second Camera');
    device('video0', 'uvcvideo', '0', 'HD Camera');
    device('video1', 'uvcvideo', '1', 'HD Camera');
    device('video19', 'rpi-hevc-dec', '0', 'rpi-hevc-dec');
    assert.deepEqual(
      (await listCameras(root)).map(({ label }) => label),
      ['HD Camera (/dev/video0)', 'Second Camera (/dev/video2)'],
    );
  });

  it('puts the cameras of both programs into one list', async () => {
    standIns.install('v4l2-ctl', { stdout: 'v4l2-ctl-usb', exit: 0 });
    standIns.install('libcamera-hello', { stdout: 'rpicam-hello-pi5-imx500', exit: 0 });
    assert.deepEqual(
      (await listCameras()).map(({ source, device }) => `${source} ${device}`),
      ['rpicam 0', 'v4l2 /dev/video0'],
    );
    assert.deepEqual(standIns.calls('v4l2-ctl')[0]?.args, ['--list-devices']);
  });
});
