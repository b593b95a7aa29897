import type { Verdict } from '../contract/verdict';
import type { DetectorLike, DetectorStats, Latency } from '../contract/detector';
import { stationScheduler, type Budget, type Scheduler, type ThermalCondition } from './scheduler';
import type { GuardState } from '../thermal/guard';
import type { BoardReading } from '../thermal/sensors/board';
import { LatencyWindow, type LatencySummary } from './latency-window';
import type { CameraSource, GoldenCount, GoldenStanding, GuardSource, VerdictCount } from './sources';

type CountsByVerdict = Record<Verdict, number>;

/** The station in numbers, at one moment; JSON-safe but for the budget's Infinity. */
export interface StationSnapshot {
  condition: ThermalCondition | null;
  budget: Budget;
  board: BoardReading;
  framesPerSecond: { offered: number; admitted: number };
  /** By model. */
  latencyMs: Record<string, { total: LatencySummary; infer: LatencySummary }>;
  detectors: Record<string, DetectorStats>;
  cameras: Record<string, Record<string, number>>;
  verdicts: CountsByVerdict;
  notInspected: Record<string, number>;
  /** This process: CPU of one core since the last snapshot, percent; resident memory, bytes. */
  process: { cpuPercent: number; rssBytes: number };
}

interface ModelLatency {
  total: LatencyWindow;
  infer: LatencyWindow;
}

/** Called with every latency, besides the percentiles: the histogram of the metrics. */
type LatencyListener = (model: string, latency: Latency) => void;

/** Collects what the parts of a station know about themselves. Parts register themselves, and go when they close. */
export class StationMonitor {
  readonly detectors = new Map<string, Pick<DetectorLike, 'stats'>>();
  readonly cameras = new Map<string, CameraSource>();
  readonly guards = new Map<string, GuardSource>();
  readonly scheduler: Scheduler;
  readonly #latencies = new Map<string, ModelLatency>();
  readonly #verdicts = new Map<string, VerdictCount>();
  /** By node. */
  readonly golden = new Map<string, GoldenStanding>();
  readonly #goldenCounts = new Map<string, GoldenCount>();
  #onLatency: LatencyListener | undefined;
  #cpu = { usage: process.cpuUsage(), atMs: performance.now() };

  constructor(scheduler: Scheduler = stationScheduler) {
    this.scheduler = scheduler;
  }

  onLatency(listener: LatencyListener): void {
    this.#onLatency = listener;
  }

  /** One frame was inspected by a model. */
  inspected(model: string, latency: Latency): void {
    let windows = this.#latencies.get(model);
    if (!windows) this.#latencies.set(model, (windows = { total: new LatencyWindow(), infer: new LatencyWindow() }));
    windows.total.add(latency.total);
    windows.infer.add(latency.infer);
    this.#onLatency?.(model, latency);
  }

  /** One part ended in a verdict. */
  verdict(station: string, verdict: Verdict, reason = ''): void {
    const key = `${station}\n${verdict}\n${reason}`;
    const counted = this.#verdicts.get(key);
    if (counted) counted.count += 1;
    else this.#verdicts.set(key, { station, verdict, reason, count: 1 });
  }

  /** One announced golden part ended. It is no part of production, so it is not among the verdicts. */
  goldenEnded(station: string, sample: string, outcome: string): void {
    const key = `${station}\n${sample}\n${outcome}`;
    const counted = this.#goldenCounts.get(key);
    if (counted) counted.count += 1;
    else this.#goldenCounts.set(key, { station, sample, outcome, count: 1 });
  }

  get goldenCounts(): GoldenCount[] {
    return [...this.#goldenCounts.values()];
  }

  get verdicts(): VerdictCount[] {
    return [...this.#verdicts.values()];
  }

  /** Of several guards, the one that sees the hottest board. */
  get guard(): GuardState | undefined {
    const states = [...this.guards.values()].map((state) => state());
    return states.sort((a, b) => (b.condition.tempC ?? -Infinity) - (a.condition.tempC ?? -Infinity))[0];
  }

  snapshot(): StationSnapshot {
    const { offeredPerSecond, admittedPerSecond } = this.scheduler.rates();
    const verdicts: CountsByVerdict = { PASS: 0, FAIL: 0, NOT_INSPECTED: 0 };
    const notInspected: Record<string, number> = {};
    for (const { verdict, reason, count } of this.verdicts) {
      verdicts[verdict] += count;
      if (verdict === 'NOT_INSPECTED') notInspected[reason] = (notInspected[reason] ?? 0) + count;
    }
    const latencyMs: StationSnapshot['latencyMs'] = {};
    for (const [model, windows] of this.#latencies) {
      const [total, infer] = [windows.total.percentiles(), windows.infer.percentiles()];
      if (total && infer) latencyMs[model] = { total, infer };
    }
    return {
      condition: this.scheduler.condition ?? null,
      budget: { ...this.scheduler.budget },
      board: this.guard?.board ?? {},
      framesPerSecond: { offered: offeredPerSecond, admitted: admittedPerSecond },
      latencyMs,
      detectors: Object.fromEntries([...this.detectors].map(([name, detector]) => [name, detector.stats()])),
      cameras: Object.fromEntries([...this.cameras].map(([name, counters]) => [name, counters()])),
      verdicts,
      notInspected,
      process: { cpuPercent: this.#cpuPercent(), rssBytes: process.memoryUsage.rss() },
    };
  }

  #cpuPercent(): number {
    const usage = process.cpuUsage(this.#cpu.usage);
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#cpu.atMs;
    this.#cpu = { usage: process.cpuUsage(), atMs: nowMs };
    return elapsedMs > 0 ? (usage.user + usage.system) / 10 / elapsedMs : 0;
  }
}

/** The one monitor of this process. */
export const stationMonitor = new StationMonitor();
