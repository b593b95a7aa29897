import type { CheckContext, StandingCheck } from './check';
import { cameras } from './checks/cameras';
import { clock } from './checks/clock';
import { cooler } from './checks/cooler';
import { disk } from './checks/disk';
import { memory } from './checks/memory';
import { node } from './checks/node';
import { nodeRed } from './checks/node-red';
import { platform } from './checks/platform';
import { power } from './checks/power';
import { service } from './checks/service';
import { space } from './checks/space';
import { thermals } from './checks/thermals';
import type { Finding } from './finding';
import { broker } from './live/broker';
import { editor } from './live/editor';
import { frame } from './live/frame';
import type { LiveCheck, LiveContext } from './live/live';
import { model } from './live/model';
import type { Answers } from './questions';

/** Checks of what a machine answered: on the station by `doctor`, through ssh by `deploy`. One row each. */
export const STANDING: Readonly<Record<string, StandingCheck>> = {
  system: platform,
  'Node.js': node,
  'Node-RED': nodeRed,
  power,
  thermals,
  cooler,
  clock,
  space,
  disk,
  memory,
  cameras,
  service,
};

/** Checks that try something: on the station only. One row each. */
export const LIVE: Readonly<Record<string, LiveCheck>> = { editor, frame, broker, model };

export function standingFindings(answers: Answers, context: CheckContext): Finding[] {
  return Object.entries(STANDING).map(([check, judge]) => ({ check, ...judge(answers, context) }));
}

/** One after the other: a model that is started must not be timed against a camera. */
export async function liveFindings(context: LiveContext, done: () => void = () => {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [check, look] of Object.entries(LIVE)) {
    findings.push({ check, ...(await look(context)) });
    done();
  }
  return findings;
}
