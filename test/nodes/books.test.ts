// The station's books from camera to verdict, whatever holds the camera up.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import sharp from 'sharp';
import cameraIn from '../../nodes/camera-in/camera-in';
import defectAlert from '../../nodes/defect-alert/defect-alert';
import inspectionModel from '../../nodes/inspection-model/inspection-model';
import nms from '../../nodes/nms/nms';
import { station } from '../../nodes/shared/station';
import yolo from '../../nodes/yolo-int8-detect/yolo-int8-detect';
import type { VerdictRecord } from '../../src/alert/judge/messages';
import { deployFlow } from '../helpers/flow';
import { TINY_SIZE, writeTinyModel } from '../helpers/tiny-model';
import { until } from '../helpers/until';

describe('the books of a station', () => {
  const folder = mkdtempSync(join(tmpdir(), 'books-node-'));
  const pictures = join(folder, 'pictures');
  before(async () => {
    mkdirSync(pictures);
    const red = { width: TINY_SIZE, height: TINY_SIZE, channels: 3, background: '#ff0000' } as const;
    writeFileSync(join(pictures, 'red.png'), await sharp({ create: red }).png().toBuffer());
    await new Promise<void>((resolve) => void helper.startServer(resolve));
  });
  after(async () => {
    await helper.unload();
    await new Promise<void>((resolve) => void helper.stopServer(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  it('balance under a pause and a lost camera: by camera, with the reasons, as the verdicts and counters say', async () => {
    const flow = await deployFlow<{ topic: string; payload: VerdictRecord }>(
      [cameraIn, inspectionModel, yolo, nms, defectAlert],
      [
        { id: 'model', type: 'inspection-model', model: writeTinyModel(join(folder, 'tiny.onnx')), threads: 1 },
        {
          id: 'cam',
          type: 'camera-in',
          name: 'top',
          source: 'folder',
          path: pictures,
          loop: true,
          fps: 20,
          wires: [['yolo']],
        },
        { id: 'yolo', type: 'yolo-int8-detect', model: 'model', confidence: 0.5, wires: [['doubles']] },
        { id: 'doubles', type: 'nms', wires: [['alert']] },
        { id: 'alert', type: 'defect-alert', station: 'line-1', minConfidence: 0.5, wires: [[], ['out']] },
      ],
    );
    const verdicts = () => flow.messages.flatMap(({ payload }) => (payload.verdict ? [payload] : []));
    const missed = (reason: string) => verdicts().filter((verdict) => verdict.reason === reason && verdict.count);
    await until('a part that fails', () => verdicts().some(({ verdict }) => verdict === 'FAIL'));
    station.scheduler.setBudget({ paused: true, reason: 'CPU at 84 °C' }, 'test');
    await until('frames missed in the pause', () => missed('too hot').length > 0);
    station.scheduler.release('test');
    renameSync(pictures, `${pictures}-gone`);
    await until('frames missed while it is lost', () => missed('camera lost').length > 0);
    await flow.node('cam').close(true);
    const book = () => station.books.snapshot().cameras.top ?? assert.fail();
    await until('every frame to end', () => book().underWay === 0);

    const { offered, pass, fail, notInspected, golden, reasons } = book();
    assert.equal(offered, pass + fail + notInspected + golden);
    const of = (holds: (verdict: VerdictRecord) => boolean) =>
      verdicts()
        .filter(holds)
        .reduce((sum, { count = 1 }) => sum + count, 0);
    // what a camera still has when it is taken away is booked, and told by nobody
    const { stopped = 0, ...told } = reasons;
    await until('the last verdict', () => of(() => true) >= offered - stopped);
    assert.equal(
      of(() => true),
      offered - stopped,
    );
    assert.equal(
      fail,
      of(({ verdict }) => verdict === 'FAIL'),
    );
    for (const [reason, count] of Object.entries(told)) {
      assert.equal(
        count,
        of((verdict) => verdict.reason === reason),
        reason,
      );
    }
    assert.ok(reasons['too hot'] && reasons['camera lost']);
    const { counters } = verdicts().at(-1) ?? assert.fail();
    assert.deepEqual(
      [counters.triggers, counters.fail, counters.notInspected],
      [offered - stopped, fail, notInspected - stopped],
    );
    const metric = `edge_inspect_books_ended_total{camera="top",outcome="NOT_INSPECTED",reason="too hot",node="cam"}`;
    const metrics = (await helper.request().get('/edge-inspect/metrics')).text;
    assert.ok(metrics.includes(`${metric} ${reasons['too hot']}`), metrics);
  });
});
