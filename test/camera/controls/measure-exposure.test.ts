import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { measureExposure, parseMetadata } from '../../../src/camera/controls/measure-exposure';
import { runningChildren } from '../../../src/camera/programs/child';
import { StandIns } from '../stand-in';

const standIns = new StandIns();
standIns.alone();

/** As rpicam-apps writes it (core/metadata_handler.cpp). */
const METADATA = `[
{
    "SensorTimestamp": 1523476129000,
    "ScalerCrop": "(0, 0)/4608x2592",
    "AnalogueGain": 1.610063,
    "DigitalGain": 1.000256,
    "ColourGains": [ 2.123456, 1.654321 ],
    "ExposureTime": 19994,
    "LensPosition": 1.187500
}
]
`;
const OPTIONS = { camera: 1, size: undefined, controls: {}, timeoutMs: 20_000 };

/** A program that takes its picture and writes this as its metadata. */
function installWriting(metadata: string): void {
  standIns.installScript(
    'rpicam-still',
    `const at = process.argv.indexOf('--metadata');
     require('node:fs').writeFileSync(process.argv[at + 1], ${JSON.stringify(metadata)});`,
  );
}

describe('measuring the exposure of a Pi camera', () => {
  it('reads what the automatic chose', () => {
    const expected = { shutter: 19994, gain: 1.61, redGain: 2.123, blueGain: 1.654, lensPosition: 1.19 };
    assert.deepEqual(parseMetadata(METADATA), expected);
    // older versions write one object
    assert.deepEqual(parseMetadata(METADATA.replace(/^\[|\]\s*$/g, '')), expected);
    assert.deepEqual(parseMetadata('{"ExposureTime": 5000, "AnalogueGain": 8, "DigitalGain": 1.5}'), {
      shutter: 5000,
      gain: 12,
    });
    for (const text of ['', '[]', 'nonsense', '{"ExposureTime": "long"}', 'null']) {
      assert.equal(parseMetadata(text), undefined);
    }
  });

  it('lets the camera settle, asks for metadata, and leaves no file', async () => {
    installWriting(METADATA);
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('edge-inspect-exposure-')).length;
    const measured = await measureExposure({ ...OPTIONS, controls: { hdr: 'off', shutterUs: 5 } });
    assert.deepEqual([measured.shutter, measured.lensPosition], [19994, 1.19]);
    assert.equal(readdirSync(tmpdir()).filter((name) => name.startsWith('edge-inspect-exposure-')).length, before);
    assert.equal(runningChildren(), 0);
  });

  it('says what is wrong with the camera', async () => {
    standIns.install('rpicam-still', { stderr: 'rpicam-in-use-pi5', exit: 255 });
    await assert.rejects(measureExposure(OPTIONS), /another program uses it: close that$/);
    installWriting('{}');
    await assert.rejects(measureExposure(OPTIONS), /status 0|told no exposure/);
  });

  it('a program that hangs is ended', async () => {
    standIns.install('rpicam-still', { pictures: 0 });
    await assert.rejects(measureExposure({ ...OPTIONS, timeoutMs: 200 }), /told no exposure within 200 ms$/);
    assert.equal(runningChildren(), 0);
  });
});
