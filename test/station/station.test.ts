import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cameraOf } from '../../src/contract/frame';
import { byName } from '../../src/station/names';
import { Station } from '../../src/station/station';

const LATENCY = { queue: 1, decode: 2, infer: 30, total: 33 };

describe('station', () => {
  it('two in one process know nothing of each other', async () => {
    const [left, right] = [new Station(), new Station()];
    left.scheduler.setBudget({ paused: true, reason: 'hot' });
    left.scheduler.setCondition({ state: 'paused', tempC: 84, reason: 'hot' });
    left.ledger.enter('camera', 'frame');
    left.monitor.cameras.set('camera', { name: 'camera', counters: () => ({ sent: 1 }) });
    left.monitor.verdict('alert', 'line', { verdict: 'FAIL' });
    assert.ok(right.scheduler.admit({ camera: 'camera', kind: 'primary' }).admitted);
    assert.equal(right.scheduler.condition, undefined);
    assert.equal(right.ledger.inFlight('camera'), 0);
    assert.deepEqual(right.monitor.snapshot().cameras, {});
    assert.equal(right.monitor.snapshot().verdicts.FAIL, 0);
    assert.match(await left.metrics.text(), /^edge_inspect_paused 1$/m);
    assert.match(await right.metrics.text(), /^edge_inspect_paused 0$/m);
  });

  it('inspected frames per second are those inspected, not those admitted', async () => {
    const { scheduler, monitor, metrics } = new Station();
    const nowMs = performance.now();
    for (let i = 0; i < 10; i++) scheduler.admit({ camera: 'camera', kind: 'primary', nowMs });
    const rate = async (kind: string) =>
      Number(new RegExp(`^edge_inspect_${kind}_frames_per_second (.+)$`, 'm').exec(await metrics.text())?.[1]);
    assert.ok((await rate('admitted')) > 1);
    assert.equal(await rate('inspected'), 0);
    // what heats the board is estimated until a detector tells
    assert.ok(scheduler.rates().spentPerSecond > 1);
    for (let i = 0; i < 5; i++) scheduler.reportInspected(nowMs);
    const [admitted, inspected] = [await rate('admitted'), await rate('inspected')];
    assert.ok(Math.abs(inspected / admitted - 0.5) < 0.05, `${inspected} of ${admitted}`);
    const { framesPerSecond } = monitor.snapshot();
    assert.ok(framesPerSecond.inspected < framesPerSecond.admitted);
  });

  it('parts of one name are counted apart, in a snapshot and in the metrics', async () => {
    const { monitor, metrics } = new Station();
    await metrics.text();
    monitor.cameras.set('a', { name: 'top', counters: () => ({ sent: 1 }) });
    monitor.cameras.set('b', { name: 'top', counters: () => ({ sent: 2 }) });
    monitor.cameras.set('c', { name: 'side', counters: () => ({ sent: 3 }) });
    monitor.verdict('x', 'line', { verdict: 'PASS' });
    monitor.verdict('y', 'line', { verdict: 'PASS' });
    monitor.inspected({ node: 'm', model: 'pcb' }, LATENCY);
    monitor.inspected({ node: 'n', model: 'pcb' }, { ...LATENCY, total: 50 });
    const snapshot = monitor.snapshot();
    assert.deepEqual(snapshot.cameras, { 'top (a)': { sent: 1 }, 'top (b)': { sent: 2 }, side: { sent: 3 } });
    assert.deepEqual([snapshot.latencyMs['pcb (m)']?.total.p50, snapshot.latencyMs['pcb (n)']?.total.p50], [33, 50]);
    assert.equal(snapshot.verdicts.PASS, 2);
    monitor.goldenEnded('x', 'line', 'N-17', 'wrong');
    monitor.golden.set('x', { station: 'line', due: true, problem: true });
    assert.equal(monitor.snapshot().verdicts.FAIL, 0, 'a golden part is none of production');
    const text = await metrics.text();
    for (const line of [
      'edge_inspect_golden_checks_total{station="line",sample="N-17",outcome="wrong",node="x"} 1',
      'edge_inspect_golden_problem{station="line",node="x"} 1',
      'edge_inspect_golden_due{station="line",node="x"} 1',
      'edge_inspect_camera_pictures_total{camera="top",outcome="sent",node="a"} 1',
      'edge_inspect_camera_pictures_total{camera="top",outcome="sent",node="b"} 2',
      'edge_inspect_verdicts_total{station="line",verdict="PASS",reason="",node="x"} 1',
      'edge_inspect_verdicts_total{station="line",verdict="PASS",reason="",node="y"} 1',
      'edge_inspect_inspection_duration_seconds_count{model="pcb",stage="total",node="n"} 1',
    ]) {
      assert.ok(text.split('\n').includes(line), line);
    }
    monitor.cameras.delete('b');
    assert.deepEqual(monitor.snapshot().cameras, { top: { sent: 1 }, side: { sent: 3 } });
  });

  it('names: unique ones as they are, shared ones with the id', () => {
    assert.deepEqual(byName([]), {});
    assert.deepEqual(byName([{ id: '1', name: 'a', value: 1 }]), { a: 1 });
  });

  it('a frame belongs to the camera whose id it carries, else to the one it names', () => {
    assert.equal(cameraOf({ source: 'top' }), 'top');
    assert.equal(cameraOf({ source: 'top', sourceId: 'a' }), 'a');
  });
});
