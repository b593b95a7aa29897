/**
 * The governor against no governor (the firmware slows the clock) and a plain on/off thermostat, on simulated boards
 * with every parameter varied by ± 30 %.; exits 1 when a bound is missed.
 *
 * Usage: npm run lab -- thermal-governor [seeds]
 */
import { CONTROLLER_NAMES, type ControllerName } from '../../src/simulate/heat/controllers';
import { percentile as nearestRank } from '../../src/kit/percentiles';
import { GOVERNOR_DEFAULTS } from '../../src/thermal/governor-options';
import { simulateThermal, type ThermalResult, type ThermalSimulation } from '../../src/simulate/heat/simulate';

const SEEDS = Number(process.argv[2] ?? 100);
const { softC } = GOVERNOR_DEFAULTS;
const COMMON = { minutes: 120, load: 1, spread: 0.3 };

const SCENARIOS: { name: string; options: Omit<ThermalSimulation, 'minutes' | 'load'> }[] = [
  { name: '45 °C, passive heatsink', options: { ambientC: 45, cooling: 'passive' } },
  { name: '30 °C, nothing', options: { ambientC: 30, cooling: 'none' } },
];

/** So hot for an hour that many boards cannot even idle at soft; then the cabinet cools down. */
const TOO_HOT: ThermalSimulation = {
  ...COMMON,
  ambientC: (minute) => (minute < 60 ? 55 : 40),
  cooling: 'passive',
};

/** NaN for no values: a figure that cannot be had must not look like one. */
const percentile = (values: number[], share: number) => nearestRank(values, share) ?? NaN;

const percent = (value: number) => `${(value * 100).toFixed(0)} %`;

function runAll(options: Omit<ThermalSimulation, 'minutes' | 'load'>, controller: ControllerName): ThermalResult[] {
  return Array.from({ length: SEEDS }, (_, i) => simulateThermal({ ...COMMON, ...options, controller, seed: i + 1 }));
}

function row(controller: ControllerName, results: ThermalResult[]): Record<string, string | number> {
  const able = results.filter((result) => result.idleC < softC);
  const shares = able.map((result) => result.steadyRate / result.sustainableRate);
  return {
    controller,
    'highest °C': percentile(
      results.map((r) => r.maxTempC),
      1,
    ).toFixed(1),
    's above hard': results.reduce((sum, r) => sum + r.secondsAboveHard, 0),
    'sustainable, worst': percent(percentile(shares, 0)),
    median: percent(percentile(shares, 0.5)),
    'clock, worst': percent(Math.min(...results.map((r) => r.steadyClock))),
    'most steps/min': Math.max(...results.map((r) => r.mostStepsPerMinute)),
    'steps/h, median': percentile(
      results.map((r) => r.steadySteps),
      0.5,
    ),
    'gap s, median': percentile(
      able.map((r) => r.longestGapS),
      0.5,
    ),
    'gap s, worst': Math.max(...able.map((r) => r.longestGapS)),
    'too hot to idle': results.length - able.length,
  };
}

let missed = 0;
function check(holds: boolean, what: string): void {
  console.log(`${holds ? 'holds ' : 'MISSED'}  ${what}`);
  if (!holds) missed++;
}

console.log(`${SEEDS} boards each, 120 minutes, full load, every parameter ± 30 %; rates of the second hour\n`);
for (const { name, options } of SCENARIOS) {
  console.log(name);
  const runs = CONTROLLER_NAMES.map((controller) => ({ controller, results: runAll(options, controller) }));
  console.table(runs.map(({ controller, results }) => row(controller, results)));
  const governed = runs[0]?.results ?? [];
  const able = governed.filter((r) => r.idleC < softC);
  check(
    governed.every((r) => r.secondsAboveHard === 0),
    '0 s above hard',
  );
  check(
    able.every((r) => r.steadyRate >= 0.9 * r.sustainableRate),
    'at least 90 % of the sustainable rate',
  );
  check(
    governed.every((r) => r.mostStepsPerMinute <= 1),
    'at most one step a minute in steady state',
  );
  console.log();
}

console.log('55 °C, passive heatsink, after an hour 40 °C');
const hot = Array.from({ length: SEEDS }, (_, i) => simulateThermal({ ...TOO_HOT, seed: i + 1 })).filter(
  (r) => r.idleC + 15 > softC,
);
const paused = hot.filter((r) =>
  r.steps.some((step) => step.level === 'paused' && step.atS < 3600 && step.reason !== ''),
);
const resumed = hot.filter((r) => r.steps.at(-1)?.level !== 'paused' && r.steadyRate > 0);
console.log(`${hot.length} of ${SEEDS} boards cannot even idle at ${softC} °C; ${paused.length} paused and said so,`);
console.log(`${resumed.length} inspect again by themselves`);
check(
  hot.length > 0 && paused.length === hot.length && resumed.length === hot.length,
  'pause is said, and ends by itself',
);
process.exitCode = missed === 0 ? 0 : 1;
