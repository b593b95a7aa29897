import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { DetectorStats } from '../contract/detector';
import type { PictureMeasures } from '../contract/picture-measures';
import { THERMAL_LEVELS, type ThermalLevel } from '../contract/thermal';
import type { CameraBook } from './books';
import type { StationMonitor } from './monitor';

const PREFIX = 'edge_inspect_';
/** Seconds; from a small model on a PC to a large one on a hot Pi. */
const DURATION_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

type Labels = Record<string, string>;
type Sample = [value: number | undefined, labels?: Labels];

interface MetricRow {
  kind: typeof Gauge | typeof Counter;
  name: string;
  help: string;
  labels?: string[];
  samples(monitor: StationMonitor): Sample[];
}

const board = (monitor: StationMonitor) => monitor.guard?.board ?? {};

function perDetector(pick: (stats: DetectorStats) => number | undefined) {
  return (monitor: StationMonitor): Sample[] =>
    [...monitor.detectors].map(([node, { name, stats }]) => [pick(stats()), { model: name, node }]);
}

/** Samples of each camera's book. */
function perAccount(pick: (book: CameraBook) => Sample[]) {
  return ({ books }: StationMonitor): Sample[] =>
    books.accounts.flatMap(({ id, name, book }) =>
      pick(book).map(([value, labels]): Sample => [value, { camera: name, ...labels, node: id }]),
    );
}

/** 0: nothing held back … 4: paused; −1: unknown or sensor lost. */
function levelNumber(monitor: StationMonitor): number | undefined {
  const state = monitor.scheduler.condition?.state;
  return state === undefined ? undefined : THERMAL_LEVELS.indexOf(state as ThermalLevel);
}

/**
 * One row per metric. What belongs to one node carries its id in the label `node`: names are for people and may repeat.
 * A sample without a value is left out, so that a missing sensor is not a 0.
 */
const ROWS: MetricRow[] = [
  {
    kind: Gauge,
    name: 'temperature_celsius',
    help: 'SoC temperature',
    samples: (m) => [[m.guard?.condition.tempC ?? undefined]],
  },
  {
    kind: Gauge,
    name: 'cpu_clock_hertz',
    help: 'Clock of the first core',
    samples: (m) => [[scaled(board(m).clockMHz, 1e6)]],
  },
  { kind: Gauge, name: 'fan_rpm', help: 'Fan speed', samples: (m) => [[board(m).fanRpm]] },
  {
    kind: Gauge,
    name: 'power_watts',
    help: 'Power of the supply rails together, W',
    samples: (m) => [[board(m).powerW]],
  },
  {
    kind: Gauge,
    name: 'rail_power_watts',
    help: 'Power of each supply rail, W',
    labels: ['rail'],
    samples: (m) => Object.entries(board(m).rails ?? {}).map(([rail, watt]) => [watt, { rail }]),
  },
  {
    kind: Gauge,
    name: 'throttling',
    help: 'Flags of the firmware: 1 while it applies',
    labels: ['flag'],
    samples: (m) => Object.entries(board(m).throttling ?? {}).map(([flag, on]) => [on ? 1 : 0, { flag }]),
  },
  {
    kind: Gauge,
    name: 'thermal_level',
    help: '0 full, 1 shadow off, 2 rate reduced, 3 threads reduced, 4 paused, -1 unknown',
    samples: (m) => [[levelNumber(m)]],
  },
  {
    kind: Gauge,
    name: 'budget_frames_per_second',
    help: 'Frames that may be inspected per second',
    samples: (m) => [[m.scheduler.budget.framesPerSecond]],
  },
  {
    kind: Gauge,
    name: 'budget_shadow',
    help: '1 while shadow models may run',
    samples: (m) => [[m.scheduler.budget.shadow ? 1 : 0]],
  },
  {
    kind: Gauge,
    name: 'paused',
    help: '1 while inspection is paused',
    samples: (m) => [[m.scheduler.budget.paused ? 1 : 0]],
  },
  {
    kind: Gauge,
    name: 'offered_frames_per_second',
    help: 'Frames offered per second',
    samples: (m) => [[m.scheduler.rates().offeredPerSecond]],
  },
  {
    kind: Gauge,
    name: 'admitted_frames_per_second',
    help: 'Frames admitted to inspection per second',
    samples: (m) => [[m.scheduler.rates().admittedPerSecond]],
  },
  {
    kind: Gauge,
    name: 'inspected_frames_per_second',
    help: 'Frames inspected per second',
    samples: (m) => [[m.scheduler.rates().inspectedPerSecond]],
  },
  {
    kind: Gauge,
    name: 'detector_up',
    help: '1 while the detector is ready',
    labels: ['model', 'node'],
    samples: perDetector((s) => (s.state === 'ready' ? 1 : 0)),
  },
  {
    kind: Gauge,
    name: 'detector_exact_arithmetic',
    help: '0 when integer kernels saturate on this processor: results may be wrong',
    labels: ['model', 'node'],
    samples: perDetector(({ kernels }) => (kernels === undefined ? undefined : kernels === 'saturating' ? 0 : 1)),
  },
  {
    kind: Gauge,
    name: 'detector_waiting',
    help: 'Frames waiting',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.waiting),
  },
  {
    kind: Gauge,
    name: 'detector_in_flight',
    help: 'Frames in the process',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.inFlight),
  },
  {
    kind: Gauge,
    name: 'detector_threads',
    help: 'Inference threads',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.threads),
  },
  {
    kind: Gauge,
    name: 'detector_resident_memory_bytes',
    help: 'Resident memory',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.rssBytes),
  },
  {
    kind: Gauge,
    name: 'detector_cpu_seconds',
    help: 'CPU time of the present process',
    labels: ['model', 'node'],
    samples: perDetector((s) => scaled(s.cpuMs, 1e-3)),
  },
  {
    kind: Counter,
    name: 'detector_offered_total',
    help: 'Frames offered',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.offered),
  },
  {
    kind: Counter,
    name: 'detector_inspected_total',
    help: 'Frames inspected',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.inspected),
  },
  {
    kind: Counter,
    name: 'detector_not_inspected_total',
    help: 'Frames not inspected',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.notInspected),
  },
  {
    kind: Counter,
    name: 'detector_restarts_total',
    help: 'Restarts of the process',
    labels: ['model', 'node'],
    samples: perDetector((s) => s.restarts),
  },
  {
    kind: Counter,
    name: 'camera_pictures_total',
    help: 'Pictures by what became of them',
    labels: ['camera', 'outcome', 'node'],
    samples: (m) =>
      [...m.cameras].flatMap(([node, { name, counters }]) =>
        Object.entries(counters()).map(([outcome, count]): Sample => [count, { camera: name, outcome, node }]),
      ),
  },
  {
    kind: Counter,
    name: 'verdicts_total',
    help: 'Parts by verdict',
    labels: ['station', 'verdict', 'reason', 'node'],
    samples: (m) => m.verdicts.map(({ count, node, ...labels }) => [count, { ...labels, node }]),
  },
  {
    kind: Counter,
    name: 'books_offered_total',
    help: 'Frames that were due, over restarts: the sum of books_ended_total and books_under_way',
    labels: ['camera', 'node'],
    samples: perAccount(({ offered }) => [[offered, {}]]),
  },
  {
    kind: Counter,
    name: 'books_ended_total',
    help: 'Frames by how they ended, over restarts; outcome is a verdict, or golden',
    labels: ['camera', 'outcome', 'reason', 'node'],
    samples: perAccount(({ pass, fail, golden, reasons }) => [
      [pass, { outcome: 'PASS', reason: '' }],
      [fail, { outcome: 'FAIL', reason: '' }],
      [golden, { outcome: 'golden', reason: '' }],
      ...Object.entries(reasons).map(([reason, count]): Sample => [count, { outcome: 'NOT_INSPECTED', reason }]),
    ]),
  },
  {
    kind: Gauge,
    name: 'books_under_way',
    help: 'Frames that were due and have no verdict yet',
    labels: ['camera', 'node'],
    samples: perAccount(({ underWay }) => [[underWay, {}]]),
  },
  {
    kind: Gauge,
    name: 'silent',
    help: '1 while no part has come for the time that is set in the node',
    labels: ['station', 'node'],
    samples: (m) => [...m.partFlows].map(([node, { station, isSilent }]) => [isSilent() ? 1 : 0, { station, node }]),
  },
  {
    kind: Gauge,
    name: 'last_part_seconds',
    help: 'Since the last part of a station, or since its start',
    labels: ['station', 'node'],
    samples: (m) => [...m.partFlows].map(([node, { station, seconds }]) => [seconds(), { station, node }]),
  },
  {
    kind: Counter,
    name: 'golden_checks_total',
    help: 'Announced golden parts by how they ended; none of them is among the verdicts',
    labels: ['station', 'sample', 'outcome', 'node'],
    samples: (m) => m.goldenCounts.map(({ count, node, ...labels }) => [count, { ...labels, node }]),
  },
  {
    kind: Gauge,
    name: 'golden_problem',
    help: '1 while the last check of a golden sample is wrong or one is overdue',
    labels: ['station', 'node'],
    samples: (m) => [...m.golden].map(([node, { station, problem }]) => [problem ? 1 : 0, { station, node }]),
  },
  {
    kind: Gauge,
    name: 'golden_due',
    help: '1 while a golden sample is due',
    labels: ['station', 'node'],
    samples: (m) => [...m.golden].map(([node, { station, due }]) => [due ? 1 : 0, { station, node }]),
  },
  {
    kind: Gauge,
    name: 'picture_level',
    help: 'Mean brightness of the last picture, 0 to 255',
    labels: ['camera', 'node'],
    samples: (m) => perPicture(m, ({ level }) => level),
  },
  {
    kind: Gauge,
    name: 'picture_bright_level',
    help: 'Brightness that nine tenths of the pixels of the last picture do not reach, 0 to 255',
    labels: ['camera', 'node'],
    samples: (m) => perPicture(m, ({ bright }) => bright),
  },
  {
    kind: Gauge,
    name: 'picture_clipped_ratio',
    help: 'Share of its pixels at the very bottom or top of the range',
    labels: ['camera', 'node'],
    samples: (m) => perPicture(m, ({ clipped }) => clipped),
  },
  {
    kind: Gauge,
    name: 'picture_sharpness',
    help: 'Mean strength of its edges against its brightness: falls with focus and with a film on the lens',
    labels: ['camera', 'node'],
    samples: (m) => perPicture(m, ({ sharpness }) => sharpness),
  },
  {
    kind: Gauge,
    name: 'camera_trouble',
    help: '1 while the pictures of good parts differ for good from what is usual',
    labels: ['camera', 'trouble', 'node'],
    samples: (m) =>
      [...m.cameraTroubles].flatMap(([node, troubles]) =>
        troubles().map((trouble): Sample => [1, { ...trouble, node }]),
      ),
  },
];

function perPicture(monitor: StationMonitor, pick: (measures: PictureMeasures) => number): Sample[] {
  return monitor.pictures.map(({ id, camera, measures }) => [pick(measures), { camera, node: id }]);
}

function scaled(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}

function register(row: MetricRow, monitor: StationMonitor, registry: Registry): void {
  const configuration = {
    name: PREFIX + row.name,
    help: row.help,
    labelNames: row.labels ?? [],
    registers: [registry],
  };
  if (row.kind === Gauge) {
    new Gauge({
      ...configuration,
      collect() {
        this.reset();
        // reset() of a metric without labels leaves a 0 behind
        if (!row.labels) this.remove();
        for (const [value, labels] of row.samples(monitor)) if (value !== undefined) this.set(labels ?? {}, value);
      },
    });
    return;
  }
  new Counter({
    ...configuration,
    collect() {
      // the sources count by themselves: what they have now is the counter's value
      this.reset();
      for (const [value, labels] of row.samples(monitor)) if (value !== undefined) this.inc(labels ?? {}, value);
    },
  });
}

/** Prometheus text of a station and of its process. */
export class StationMetrics {
  readonly #registry = new Registry();

  constructor(monitor: StationMonitor) {
    for (const row of ROWS) register(row, monitor, this.#registry);
    const duration = new Histogram({
      name: `${PREFIX}inspection_duration_seconds`,
      help: 'From a frame being handed over to its answer, by stage',
      labelNames: ['model', 'stage', 'node'],
      buckets: DURATION_BUCKETS,
      registers: [this.#registry],
    });
    monitor.onLatency(({ model, node }, latency) => {
      for (const [stage, ms] of Object.entries(latency)) duration.observe({ model, stage, node }, ms / 1000);
    });
    collectDefaultMetrics({ register: this.#registry, prefix: PREFIX });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
