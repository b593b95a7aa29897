/** The steps of a quantization with their usual share of the time, 0 … 1. */
export const STEPS = {
  reading: 0.05,
  preparing: 0.05,
  calibrating: 0.55,
  writing: 0.05,
  certifying: 0.3,
} as const;

export type Step = keyof typeof STEPS;

export interface Progress {
  step: Step;
  /** Of the whole work, 0 … 1. */
  done: number;
}

/** Turns the progress of single steps into that of the whole. */
export function progressReporter(report: (progress: Progress) => void): (step: Step, share: number) => void {
  const before = new Map<Step, number>();
  let sum = 0;
  for (const [step, share] of Object.entries(STEPS) as [Step, number][]) {
    before.set(step, sum);
    sum += share;
  }
  return (step, share) => report({ step, done: Math.min(1, before.get(step)! + STEPS[step] * share) });
}
