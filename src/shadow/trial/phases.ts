import { expected } from '../../contract/errors';

/**
 * The life of a candidate. `shadow`: it runs beside the line and answers nothing. `canary`: it answers for a share of the
 * parts. `promoted`: it answers for all, watched. `confirmed`, `reverted`, `rejected`: how it ended.
 */
export const PHASES = ['idle', 'shadow', 'canary', 'promoted', 'confirmed', 'reverted', 'rejected'] as const;
export type Phase = (typeof PHASES)[number];

/** What can be asked for by a message's topic, a button or the command line. */
export const COMMANDS = ['canary', 'promote', 'confirm', 'revert', 'reject'] as const;
export type ShadowCommand = (typeof COMMANDS)[number];

const TRANSITIONS: Record<ShadowCommand, Partial<Record<Phase, Phase>>> = {
  canary: { shadow: 'canary' },
  promote: { shadow: 'promoted', canary: 'promoted' },
  confirm: { promoted: 'confirmed' },
  revert: { canary: 'shadow', promoted: 'reverted', confirmed: 'reverted' },
  reject: { shadow: 'rejected', canary: 'rejected', promoted: 'reverted' },
};

/**
 * The phase that a command leads to.
 *
 * @throws InspectionError BAD_ARGUMENT naming the phases in which the command makes sense
 */
export function nextPhase(phase: Phase, command: ShadowCommand): Phase {
  const transitions = TRANSITIONS[command];
  const next = transitions[phase];
  if (next !== undefined) return next;
  throw expected(`a candidate in phase ${Object.keys(transitions).join(' or ')}`, command, `phase ${phase}`);
}
