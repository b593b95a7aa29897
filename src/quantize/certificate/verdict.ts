import type { Certificate, ClassVerdict } from '../../contract/certificate';
import { KEPT_POINTS } from './rule';

/** Classes that a sentence names at most. */
const NAMED = 6;

type Reasons = Pick<Certificate, 'all' | 'classes' | 'squeeze' | 'basis' | 'allowedLossPoints'>;

/** Whether the model is certified, and the one sentence that says why. */
export function verdictOf(judged: Reasons): Pick<Certificate, 'passed' | 'verdict'> {
  if (judged.all.references === 0) {
    return {
      passed: false,
      verdict:
        'Expected pictures that show something to compare but neither labels nor the float model name anything on the pictures of the certificate',
    };
  }
  const refused = refusals(judged);
  return refused.length > 0
    ? { passed: false, verdict: `Expected ${refused.join('; ')}` }
    : { passed: true, verdict: shown(judged) };
}

function refusals({ all, classes, squeeze, allowedLossPoints }: Reasons): string[] {
  const everyone = [...classes, all];
  const lost = everyone.filter(({ outcome }) => outcome === 'lost');
  const added = everyone.filter(({ adds }) => adds);
  const reasons: string[] = [];
  if (lost.length > 0) {
    const list = lost.map(
      ({ label, lossPoints, foundInt8, foundFloat, references }) =>
        `${label} loses ${lossPoints.toFixed(1)} (${foundInt8} instead of ${foundFloat} of ${references} found)`,
    );
    reasons.push(`at most ${allowedLossPoints} points lost per class but ${named(list)}`);
  }
  if (added.length > 0) {
    const list = added.map(({ label, addedPoints, reports }) => {
      return `of ${reports} ${label} that INT8 reports ${addedPoints.toFixed(1)} points are new`;
    });
    reasons.push(`nothing reported that the float model does not see but ${named(list)}`);
  }
  if (squeeze.squeezed) {
    reasons.push(
      `a model that is as sure as the float model but where that says ${squeeze.float.toFixed(2)} INT8 says ${squeeze.int8.toFixed(2)} (median of ${squeeze.things} things)`,
    );
  }
  return reasons;
}

function shown({ all, classes, basis }: Reasons): string {
  const what = basis === 'labels' ? 'labelled things' : 'things that the float model reports';
  const kept = classes.filter(({ outcome }) => outcome === 'kept');
  const unknown = classes.filter(({ outcome, references }) => outcome === 'unknown' && references > 0);
  const sentences = [
    `No loss shown: ${all.foundInt8} of ${all.references} ${what} found, ${all.foundFloat} by the float model`,
    ...(kept.length > 0 ? [`kept to within ${KEPT_POINTS} points: ${named(kept.map(({ label }) => label))}`] : []),
    ...(unknown.length > 0 ? [`not enough evidence: ${named(unknown.map(missing))}`] : []),
  ];
  return sentences.join('; ');
}

function missing({ label, references, moreNeeded, lossPoints }: ClassVerdict): string {
  return moreNeeded === undefined
    ? `${label} (${references} things, ${lossPoints.toFixed(0)} points lost so far)`
    : `${label} (${references} things, ${moreNeeded} more needed)`;
}

function named(list: readonly string[]): string {
  const rest = list.length - NAMED;
  return `${list.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
