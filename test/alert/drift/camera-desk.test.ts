import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import type { CameraAlert } from '../../../src/alert/drift/camera-alert';
import { CameraDesk, readMeasures } from '../../../src/alert/drift/camera-desk';
import { LEARNING_PARTS } from '../../../src/alert/drift/camera-watch';
import { readRules } from '../../../src/alert/judge/rules';
import { AlertService } from '../../../src/alert/service';
import { ROOT } from '../../helpers/root';
import { detection, FRAME, INFERENCE, NOW_MS } from '../fixtures';

const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));
function temporaryFolder(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'camera-desk-')));
  return folders.at(-1) as string;
}

const picture = (part: number, light = 1) => ({
  level: 50,
  bright: light * (100 + (part % 7)),
  clipped: 0.01,
  sharpness: 0.3 + (part % 5) / 100,
});

/** Good parts of a camera; what it alerts of. */
function show(desk: CameraDesk, source: string, parts: number, light = 1): CameraAlert[] {
  return Array.from({ length: parts }, (_, part) => desk.add({ source }, picture(part, light), NOW_MS)).flat();
}

function schema() {
  const ajv = new Ajv2020({ strict: true });
  addFormats(ajv);
  return ajv.compile(JSON.parse(readFileSync(join(ROOT, 'schemas', 'camera-alert.schema.json'), 'utf8')) as object);
}

describe('cameras of a station', () => {
  it('each is watched for itself', async () => {
    const desk = await CameraDesk.open('line-1');
    for (const source of ['left', 'right']) assert.deepEqual(show(desk, source, LEARNING_PARTS), []);
    const [alert, ...more] = show(desk, 'left', 100, 0.6);
    assert.deepEqual(show(desk, 'right', 100), []);
    assert.deepEqual(more, []);
    assert.ok(alert);
    const isValid = schema();
    assert.ok(isValid(alert), JSON.stringify(isValid.errors));
    assert.deepEqual([alert.kind, alert.camera, alert.trouble, alert.station], ['camera', 'left', 'darker', 'line-1']);
    assert.match(
      alert.detail,
      /^The pictures of good parts of the camera left have become darker \(-\d+ %\): has a lamp failed/,
    );
    assert.deepEqual(desk.troubles, [{ camera: 'left', trouble: 'darker' }]);
  });

  it('goes on after a restart with what it had learned', async () => {
    const folder = temporaryFolder();
    const first = await CameraDesk.open('line-1', folder);
    show(first, 'left', LEARNING_PARTS);
    await first.settled();
    const second = await CameraDesk.open('line-1', folder);
    assert.equal(show(second, 'left', 60, 0.6).length, 1);
    await second.relearn();
    const third = await CameraDesk.open('line-1', folder);
    assert.deepEqual(show(third, 'left', LEARNING_PARTS + 100, 0.6), []);
  });

  it('a spoilt file, or a disk that is full, costs what was learned and nothing else', async () => {
    const folder = temporaryFolder();
    for (const text of ['{', '[]', 'null', '{"left": {"bright": {"centre": 1, "spread": 0}}}']) {
      writeFileSync(join(folder, 'cameras.json'), text);
      assert.deepEqual(show(await CameraDesk.open('s', folder), 'left', LEARNING_PARTS), []);
    }
    const nowhere = await CameraDesk.open('s', '/dev/null/folder');
    assert.deepEqual(show(nowhere, 'left', LEARNING_PARTS), []);
    assert.equal(show(nowhere, 'left', 100, 0.6).length, 1);
    await nowhere.settled();
    await assert.rejects(nowhere.relearn(), { code: 'IO_FAILED' });
  });

  it('thousands of names are not thousands of watches', async () => {
    const desk = await CameraDesk.open('s');
    for (let name = 0; name < 5_000; name += 1) show(desk, `camera ${name}`, 1);
    assert.deepEqual(show(desk, 'one more', 1_000, 0.5), []);
  });

  it('takes only measures that are numbers', () => {
    assert.deepEqual(readMeasures({ picture: picture(0) }), picture(0));
    for (const inference of [undefined, null, {}, { picture: null }, { picture: { ...picture(0), level: NaN } }]) {
      assert.equal(readMeasures(inference), undefined);
    }
  });
});

describe('a station that watches its cameras', () => {
  async function start(watchCameras: boolean) {
    const alerts: Array<{ topic: string; kind?: string }> = [];
    const warnings: string[] = [];
    const service = await AlertService.start(
      { station: 's', alertTopic: 'inspection/s/alert', rules: readRules({}), watchCameras },
      {
        alert: (topic, alert) => alerts.push({ topic, kind: (alert as Partial<CameraAlert>).kind }),
        picture: () => undefined,
        warn: (sentence) => warnings.push(sentence),
      },
    );
    const part = (payload: unknown, light: number) => {
      const inference = { ...INFERENCE, picture: picture(0, light) };
      return service.handle({ payload, frame: FRAME, inference });
    };
    return { service, alerts, warnings, part };
  }

  it('alerts on a topic of its own, once; verdicts are as they were', async () => {
    const { service, alerts, warnings, part } = await start(true);
    for (let index = 0; index < LEARNING_PARTS; index += 1) part([], 1);
    const verdicts = Array.from({ length: 100 }, () => part([], 0.5).verdict.verdict);
    assert.deepEqual(new Set(verdicts), new Set(['PASS']));
    assert.deepEqual(alerts, [{ topic: 'inspection/s/alert/camera', kind: 'camera' }]);
    assert.match(warnings[0] ?? '', /have become darker/);
    assert.equal(service.cameraTroubles.length, 1);
    await service.relearnCameras();
    assert.deepEqual(service.cameraTroubles, []);
    await service.stop();
  });

  it('parts that fail do not count', async () => {
    const { service, alerts, part } = await start(true);
    for (let index = 0; index < LEARNING_PARTS; index += 1) part([], 1);
    for (let index = 0; index < 100; index += 1) part([detection()], 0.5);
    assert.deepEqual(
      alerts.filter(({ kind }) => kind === 'camera'),
      [],
    );
    await service.stop();
  });

  it('switched off, it says so to whoever asks it to learn', async () => {
    const { service, alerts, part } = await start(false);
    for (let index = 0; index < 2 * LEARNING_PARTS; index += 1) part([], index < LEARNING_PARTS ? 1 : 0.3);
    assert.deepEqual(alerts, []);
    await assert.rejects(
      service.relearnCameras(),
      /Expected Watch cameras in the dialog of defect-alert for msg.cameras/,
    );
    await service.stop();
  });
});
