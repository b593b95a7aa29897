import type { Defect } from './defects';
import type { AlertRules } from './rules';

/**
 * k of n in part mode, where every frame is another part: an alert about a class goes out once it was seen on `hits` of
 * the last `frames` parts. Verdicts do not wait for it: a bad part never passes because the others were good.
 */
export class PartDebounce {
  /** Classes seen on the last parts, newest last. */
  #history: ReadonlySet<string>[] = [];

  /** The defects of this part that are worth an alert. */
  update<T extends Defect>(defects: readonly T[], { hits, frames }: AlertRules['debounce']): T[] {
    this.#history = [...this.#history, new Set(defects.map(({ label }) => label))].slice(-frames);
    return defects.filter(({ label }) => this.#history.filter((labels) => labels.has(label)).length >= hits);
  }
}
