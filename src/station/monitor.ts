import type { PictureMeasures } from '../contract/picture-measures';
import type { Verdict } from '../contract/verdict';
import type { Budget } from '../contract/budget';
import type { DetectorStats, Latency } from '../contract/detector';
import type { BoardReading, GuardState, ThermalCondition } from '../contract/thermal';
import { Books, type BooksSnapshot } from './books';
import { LatencyWindow, type LatencySummary } from './latency-window';
import { byName } from './names';
import type { Scheduler } from './scheduler';
import type {
  CameraSource,
  DetectorSource,
  GoldenCount,
  GoldenStanding,
  GuardSource,
  Inspected,
  PartFlow,
  VerdictCount,
} from './sources';

/** What a station says of a part, as far as it is counted. */
export interface EndedPart {
  verdict: Verdict;
  reason?: string;
  count?: number;
}

type CountsByVerdict = Record<Verdict, number>;

interface ModelPercentiles {
  total: LatencySummary;
  infer: LatencySummary;
}

/** The station in numbers, at one moment; JSON-safe but for the budget's Infinity. */
export interface StationSnapshot {
  condition: ThermalCondition | null;
  budget: Budget;
  board: BoardReading;
  framesPerSecond: { offered: number; admitted: number; inspected: number };
  /** These by name; where a name repeats, by `name (id)`. */
  latencyMs: Record<string, ModelPercentiles>;
  detectors: Record<string, DetectorStats>;
  cameras: Record<string, Record<string, number>>;
  verdicts: CountsByVerdict;
  notInspected: Record<string, number>;
  books: BooksSnapshot;
  /** This process: CPU of one core since the last snapshot, percent; resident memory, bytes. */
  process: { cpuPercent: number; rssBytes: number };
}

interface ModelLatency extends Inspected {
  total: LatencyWindow;
  infer: LatencyWindow;
}

/** Called with every latency, besides the percentiles: the histogram of the metrics. */
type LatencyListener = (inspected: Inspected, latency: Latency) => void;

/** Sources named by messages could be any text. */
const MOST_CAMERAS = 64;

/** Collects what the parts of a station know about themselves. Parts register under their ids, and go when they close. */
export class StationMonitor {
  readonly detectors = new Map<string, DetectorSource>();
  readonly cameras = new Map<string, CameraSource>();
  readonly guards = new Map<string, GuardSource>();
  readonly scheduler: Scheduler;
  readonly books: Books;
  readonly #latencies = new Map<string, ModelLatency>();
  readonly #verdicts = new Map<string, VerdictCount>();
  /** What is wrong with the cameras of a station; by node. */
  readonly cameraTroubles = new Map<string, () => Array<{ camera: string; trouble: string }>>();
  /** The last picture of each camera, by the camera's id. */
  readonly #pictures = new Map<string, { camera: string; measures: PictureMeasures }>();
  /** By node. */
  readonly partFlows = new Map<string, PartFlow>();
  /** By node. */
  readonly golden = new Map<string, GoldenStanding>();
  readonly #goldenCounts = new Map<string, GoldenCount>();
  #onLatency: LatencyListener | undefined;
  #cpu = { usage: process.cpuUsage(), atMs: performance.now() };

  constructor(scheduler: Scheduler, books = new Books()) {
    this.scheduler = scheduler;
    this.books = books;
  }

  onLatency(listener: LatencyListener): void {
    this.#onLatency = listener;
  }

  /** How the last picture of a camera was exposed and focused. @param id what tells it from others of its name */
  picture(id: string, camera: string, measures: PictureMeasures): void {
    if (this.#pictures.size >= MOST_CAMERAS && !this.#pictures.has(id)) return;
    this.#pictures.set(id, { camera, measures });
  }

  get pictures(): Array<{ id: string; camera: string; measures: PictureMeasures }> {
    return [...this.#pictures].map(([id, picture]) => ({ id, ...picture }));
  }

  /** One frame was inspected by a model. */
  inspected({ node, model }: Inspected, latency: Latency): void {
    const key = `${node}\n${model}`;
    let windows = this.#latencies.get(key);
    if (!windows) {
      windows = { node, model, total: new LatencyWindow(), infer: new LatencyWindow() };
      this.#latencies.set(key, windows);
    }
    windows.total.add(latency.total);
    windows.infer.add(latency.infer);
    this.#onLatency?.({ node, model }, latency);
  }

  /**
   * A part ended in a verdict.
   *
   * @param node id of the node that gave it
   * @param station name of the station that it speaks for
   * @param ended `count`: how many parts ended so, if not one
   */
  verdict(node: string, station: string, ended: EndedPart): void {
    const { verdict, reason = '', count = 1 } = ended;
    const key = `${node}\n${station}\n${verdict}\n${reason}`;
    const counted = this.#verdicts.get(key);
    if (counted) counted.count += count;
    else this.#verdicts.set(key, { node, station, verdict, reason, count });
  }

  /** A node speaks for a station from now on: what it counted for one of another name is no more. */
  speaksFor(node: string, station: string): void {
    for (const counts of [this.#verdicts, this.#goldenCounts] as Map<string, VerdictCount | GoldenCount>[]) {
      for (const [key, counted] of counts) if (counted.node === node && counted.station !== station) counts.delete(key);
    }
  }

  /** One announced golden part ended. It is no part of production, so it is not among the verdicts. */
  goldenEnded(node: string, station: string, sample: string, outcome: string): void {
    const key = `${node}\n${station}\n${sample}\n${outcome}`;
    const counted = this.#goldenCounts.get(key);
    if (counted) counted.count += 1;
    else this.#goldenCounts.set(key, { node, station, sample, outcome, count: 1 });
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
    const { offeredPerSecond, admittedPerSecond, inspectedPerSecond } = this.scheduler.rates();
    const verdicts: CountsByVerdict = { PASS: 0, FAIL: 0, NOT_INSPECTED: 0 };
    const notInspected: Record<string, number> = {};
    for (const { verdict, reason, count } of this.verdicts) {
      verdicts[verdict] += count;
      if (verdict === 'NOT_INSPECTED') notInspected[reason] = (notInspected[reason] ?? 0) + count;
    }
    const latencies = [...this.#latencies.values()].flatMap(({ node, model, total, infer }) => {
      const [ofTotal, ofInfer] = [total.percentiles(), infer.percentiles()];
      return ofTotal && ofInfer ? [{ id: node, name: model, value: { total: ofTotal, infer: ofInfer } }] : [];
    });
    return {
      condition: this.scheduler.condition ?? null,
      budget: { ...this.scheduler.budget },
      board: this.guard?.board ?? {},
      framesPerSecond: { offered: offeredPerSecond, admitted: admittedPerSecond, inspected: inspectedPerSecond },
      latencyMs: byName(latencies),
      detectors: byName([...this.detectors].map(([id, { name, stats }]) => ({ id, name, value: stats() }))),
      cameras: byName([...this.cameras].map(([id, { name, counters }]) => ({ id, name, value: counters() }))),
      verdicts,
      notInspected,
      books: this.books.snapshot(),
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
