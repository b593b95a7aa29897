import { expected } from '../../contract/errors';

/**
 * The life of a candidate. `shadow`: it runs beside the line and answers nothing. `canary`: it answers for a share of the
 * parts. `promoted`: it answers for all, watched. `paused`: harmful, ended for now, and left to a person. `confirmed`,
 * `reverted`, `rejected`: how it ended; a person may still promote a rejected one, with a reason.
 */
export const PHASES = ['idle', 'shadow', 'canary', 'paused', 'promoted', 'confirmed', 'reverted', 'rejected'] as const;
export type Phase = (typeof PHASES)[number];

/** What can be asked for by a message's topic, a button or the command line. */
export const COMMANDS = ['canary', 'promote', 'confirm', 'revert', 'reject'] as const;
export type ShadowCommand = (typeof COMMANDS)[number];

/** What the trial does of itself, beside the commands. */
export type ShadowStep = ShadowCommand | 'pause';

const TRANSITIONS: Record<ShadowStep, Partial<Record<Phase, Phase>>> = {
  canary: { shadow: 'canary' },
  promote: { shadow: 'promoted', canary: 'promoted', paused: 'promoted', rejected: 'promoted' },
  pause: { shadow: 'paused', canary: 'paused' },
  confirm: { promoted: 'confirmed' },
  revert: { canary: 'shadow', promoted: 'reverted', confirmed: 'reverted' },
  reject: { shadow: 'rejected', canary: 'rejected', paused: 'rejected', promoted: 'reverted' },
};

/**
 * The phase that a command leads to.
 *
 * @throws InspectionError BAD_ARGUMENT naming the phases in which the command makes sense
 */
export function nextPhase(phase: Phase, command: ShadowStep): Phase {
  const transitions = TRANSITIONS[command];
  const next = transitions[phase];
  if (next !== undefined) return next;
  throw expected(`a candidate in phase ${Object.keys(transitions).join(' or ')}`, command, `phase ${phase}`);
}
