import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DetectorStats } from '../../src/contract/detector';
import { LatencyWindow } from '../../src/station/latency-window';
import { StationMetrics } from '../../src/station/metrics';
import { StationMonitor } from '../../src/station/monitor';
import { stateMessage } from '../../src/station/state-message';
import { Scheduler } from '../../src/station/scheduler';
import { assertFits } from '../helpers/fits-schema';
import type { GuardState } from '../../src/contract/thermal';

const STATS: DetectorStats = {
  state: 'ready',
  kernels: 'exact',
  pid: 1,
  inFlight: 2,
  waiting: 3,
  offered: 100,
  inspected: 90,
  notInspected: 5,
  restarts: 1,
  threads: 4,
  rssBytes: 1e8,
  cpuMs: 2500,
};

const GUARD: GuardState = {
  condition: { state: 'rate reduced', tempC: 74.5, reason: 'warm' },
  budget: { framesPerSecond: 5, threads: undefined, shadow: false, paused: false, reason: 'warm' },
  slopeKPerMin: 0.123456,
  board: {
    tempC: 74.5,
    clockMHz: 2400,
    powerW: 6.1,
    rails: { VDD_CORE: 4.5 },
    throttling: {
      underVoltage: false,
      frequencyCapped: false,
      throttled: false,
      softTempLimit: true,
      hasOccurred: true,
    },
  },
};

function station(): StationMonitor {
  const scheduler = new Scheduler();
  const monitor = new StationMonitor(scheduler);
  scheduler.setBudget(GUARD.budget);
  scheduler.setCondition(GUARD.condition);
  monitor.guards.set('guard', () => GUARD);
  monitor.detectors.set('m1', { name: 'pcb', stats: () => STATS });
  monitor.cameras.set('c1', { name: 'cam"1"', counters: () => ({ sent: 95, dropped: 5 }) });
  monitor.verdict('a1', 'line-1', { verdict: 'PASS' });
  monitor.verdict('a1', 'line-1', { verdict: 'FAIL' });
  monitor.verdict('a1', 'line-1', { verdict: 'NOT_INSPECTED', reason: 'too hot' });
  monitor.verdict('a1', 'line-1', { verdict: 'NOT_INSPECTED', reason: 'too hot', count: 9 });
  return monitor;
}

describe('monitor', () => {
  it('percentiles are of the newest latencies, by nearest rank', () => {
    const window = new LatencyWindow();
    assert.equal(window.percentiles(), undefined);
    for (let ms = 1; ms <= 100; ms++) window.add(ms);
    assert.deepEqual(window.percentiles(), { count: 100, p50: 50, p90: 90, p99: 99 });
    for (let i = 0; i < 512; i++) window.add(7);
    assert.deepEqual(window.percentiles(), { count: 512, p50: 7, p90: 7, p99: 7 });
  });

  it('a snapshot has the station in numbers', () => {
    const monitor = station();
    monitor.inspected({ node: 'm1', model: 'pcb' }, { queue: 1, decode: 2, infer: 30, total: 33 });
    const snapshot = monitor.snapshot();
    assert.equal(snapshot.condition?.state, 'rate reduced');
    assert.equal(snapshot.board.clockMHz, 2400);
    assert.deepEqual(snapshot.latencyMs.pcb?.infer, { count: 1, p50: 30, p90: 30, p99: 30 });
    assert.deepEqual(snapshot.verdicts, { PASS: 1, FAIL: 1, NOT_INSPECTED: 10 });
    assert.deepEqual(snapshot.notInspected, { 'too hot': 10 });
    assert.deepEqual(snapshot.detectors.pcb, STATS);
    assert.ok(snapshot.process.rssBytes > 1e6 && snapshot.process.cpuPercent >= 0);
  });

  it('a state message is JSON without loss', () => {
    const message = stateMessage('step', GUARD, station(), Date.UTC(2030, 0, 2));
    assert.deepEqual(JSON.parse(JSON.stringify(message)), JSON.parse(JSON.stringify(message, undefined, 1)));
    assert.equal(message.time, '2030-01-02T00:00:00.000Z');
    assertFits('thermal-state', message);
    assert.deepEqual(message.budget, { framesPerSecond: 5, threads: null, shadow: false, paused: false });
    assert.equal(message.slopeKPerMin, 0.12);
    const free = stateMessage('state', GUARD, new StationMonitor(new Scheduler()), 0);
    assert.equal(free.station.budget.framesPerSecond, null);
  });

  it('metrics: every value with its unit and labels, nothing for what is not known', async () => {
    const monitor = station();
    const metrics = new StationMetrics(monitor);
    monitor.inspected({ node: 'm1', model: 'pcb' }, { queue: 1, decode: 2, infer: 30, total: 33 });
    for (const text of [await metrics.text(), await metrics.text()]) {
      for (const line of [
        'edge_inspect_temperature_celsius 74.5',
        'edge_inspect_cpu_clock_hertz 2400000000',
        'edge_inspect_power_watts 6.1',
        'edge_inspect_rail_power_watts{rail="VDD_CORE"} 4.5',
        'edge_inspect_throttling{flag="softTempLimit"} 1',
        'edge_inspect_throttling{flag="throttled"} 0',
        'edge_inspect_thermal_level 2',
        'edge_inspect_budget_frames_per_second 5',
        'edge_inspect_budget_shadow 0',
        'edge_inspect_detector_up{model="pcb",node="m1"} 1',
        'edge_inspect_detector_exact_arithmetic{model="pcb",node="m1"} 1',
        'edge_inspect_detector_inspected_total{model="pcb",node="m1"} 90',
        'edge_inspect_detector_restarts_total{model="pcb",node="m1"} 1',
        'edge_inspect_detector_cpu_seconds{model="pcb",node="m1"} 2.5',
        'edge_inspect_camera_pictures_total{camera="cam\\"1\\"",outcome="dropped",node="c1"} 5',
        'edge_inspect_verdicts_total{station="line-1",verdict="NOT_INSPECTED",reason="too hot",node="a1"} 10',
        'edge_inspect_inspection_duration_seconds_bucket{le="0.05",model="pcb",stage="infer",node="m1"} 1',
        'edge_inspect_inspection_duration_seconds_count{model="pcb",stage="total",node="m1"} 1',
      ]) {
        assert.ok(text.split('\n').includes(line), `${line} in\n${text.slice(0, 4000)}`);
      }
      assert.doesNotMatch(text, /^edge_inspect_fan_rpm /m);
    }
  });

  it('a part that went leaves the metrics', async () => {
    const monitor = station();
    const metrics = new StationMetrics(monitor);
    await metrics.text();
    monitor.detectors.delete('m1');
    monitor.guards.delete('guard');
    const text = await metrics.text();
    assert.doesNotMatch(text, /model="pcb"/);
    assert.doesNotMatch(text, /^edge_inspect_temperature_celsius/m);
  });
});
