import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { InspectionError, messageOf } from '../contract/errors';
import { CONTROLLER_NAMES } from '../simulate/heat/controllers';
import { temperatureLimits } from '../thermal/governor-options';
import { coolingOf } from '../simulate/heat/plant-parameters';
import { parseProfile } from '../simulate/heat/profile';
import { thermalReport } from '../simulate/heat/heat-page';
import { simulateThermal, type ThermalResult } from '../simulate/heat/simulate';
import { integerBetween, numberBetween, oneOf } from '../contract/validate';
import { action, note, type CommandResult, type RegisterCommand } from './command';

interface Options {
  json?: boolean;
  ambient: string;
  cooling: string;
  minutes: string;
  load: string;
  soft?: string;
  hard?: string;
  seed: string;
  spread: string;
  shadow: string;
  controller: string;
  compare?: boolean;
  html?: string;
}

/** Longest simulated time, minutes: a week. */
const MAX_MINUTES = 7 * 24 * 60;
/** Points in a plot; more are not seen. */
const TRACE_POINTS = 1200;

function summary(result: ThermalResult): string {
  const { controller, maxTempC, secondsAboveHard, inspections, rate, steadyRate, sustainableRate, steps } = result;
  return [
    `${controller}: highest ${maxTempC.toFixed(1)} °C, ${secondsAboveHard} s above hard`,
    `  ${inspections.toFixed(0)} inspections, ${rate.toFixed(2)}/s, in the second half ${steadyRate.toFixed(2)}/s; sustainable ${sustainableRate.toFixed(2)}/s`,
    ...steps.map((step) => {
      const rate = step.framesPerSecond === null ? '' : `, at most ${step.framesPerSecond.toFixed(2)}/s`;
      return `  ${String(Math.floor(step.atS / 60)).padStart(4)} min ${String(step.atS % 60).padStart(2)} s  ${step.level}${rate}  ${step.reason}`;
    }),
  ].join('\n');
}

async function simulate(options: Options): Promise<CommandResult> {
  const limits = temperatureLimits(options.soft, options.hard);
  const minutes = numberBetween(options.minutes, '--minutes', 1, MAX_MINUTES);
  const run = (controller: (typeof CONTROLLER_NAMES)[number]) =>
    simulateThermal({
      ...limits,
      controller,
      minutes,
      ambientC: parseProfile(options.ambient, '--ambient (°C)', -40, 85),
      cooling: coolingOf(options.cooling, '--cooling'),
      load: parseProfile(options.load, '--load', 0, 1),
      seed: integerBetween(options.seed, '--seed', 0, 2 ** 32 - 1),
      spread: numberBetween(options.spread, '--spread', 0, 0.9),
      shadowShare: numberBetween(options.shadow, '--shadow', 0, 1),
      traceEveryS: options.html === undefined ? 0 : Math.max(1, Math.round((minutes * 60) / TRACE_POINTS)),
    });
  const result = run(oneOf(options.controller, '--controller', CONTROLLER_NAMES));
  const others = options.compare ? CONTROLLER_NAMES.filter((name) => name !== result.controller).map(run) : [];
  const all = [result, ...others];
  if (options.html !== undefined) {
    const title = `Pi 5, ${options.cooling} cooling, ${options.ambient} °C, load ${options.load}, ${options.minutes} minutes`;
    try {
      await writeFile(options.html, thermalReport(all, limits, title));
    } catch (error) {
      throw new InspectionError('IO_FAILED', `The report could not be written: ${messageOf(error)}`);
    }
    note(`Report: ${options.html}`);
  }
  const document = ({ trace: _trace, ...rest }: ThermalResult) => rest;
  return {
    json: { ...document(result), ...(options.compare ? { baselines: others.map(document) } : {}) },
    text: all.map(summary).join('\n'),
  };
}

/** Adds `thermal` to `edge-inspect simulate`. */
export const registerSimulateThermal: RegisterCommand = (simulateCommand: Command) => {
  simulateCommand
    .command('thermal')
    .description('How hot a Raspberry Pi 5 gets, what the governor gives up, how much is still inspected.')
    .option('--ambient <°C>', 'air around the board; a value or minute:value pairs (0:55,60:35)', '25')
    .option('--cooling <kind>', 'none, passive or active', 'passive')
    .option('--minutes <n>', 'simulated time', '120')
    .option('--load <0…1>', 'part of what four threads can do that is asked for; a value or minute:value pairs', '1')
    .option('--soft <°C>', 'temperature to keep (75)')
    .option('--hard <°C>', 'temperature never to exceed (82)')
    .option('--shadow <0…1>', 'part of the frames a shadow model sees too', '0.2')
    .option('--seed <n>', 'of the sensor noise and of --spread', '1')
    .option('--spread <0…0.9>', 'vary every board parameter by this part', '0')
    .option('--controller <name>', 'governor, firmware (clock throttling only) or thermostat', 'governor')
    .option('--compare', 'run the other controllers too')
    .option('--html <file>', 'write a report with plots')
    .option('--json', 'one JSON document on stdout')
    .action(action(simulate));
};
