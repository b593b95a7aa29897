import type { Badge } from '../shared/status-badge';

/** Why a station needs somebody although it judges: more than one may hold at once, the first of these is shown. */
const PROBLEMS = { 'unknown-class': 'red', 'same-name': 'yellow' } as const;
export type Problem = keyof typeof PROBLEMS;

/** The status of a station: its verdicts, unless there is something that somebody has to put right. */
export class StationBadge {
  readonly #show: (badge: Badge) => void;
  readonly #word: (key: string) => string;
  readonly #problems = new Set<Problem>();
  #news: Badge;

  constructor({ show, word }: { show: (badge: Badge) => void; word: (key: string) => string }) {
    this.#show = show;
    this.#word = word;
    // the editor goes on showing what the node said before it was deployed anew
    this.#news = { fill: 'grey', shape: 'ring', text: word('none') };
    this.#paint();
  }

  show(badge: Badge): void {
    this.#news = badge;
    this.#paint();
  }

  set(problem: Problem, holds: boolean): void {
    if (this.#problems.has(problem) === holds) return;
    if (holds) this.#problems.add(problem);
    else this.#problems.delete(problem);
    this.#paint();
  }

  #paint(): void {
    const problem = (Object.keys(PROBLEMS) as Problem[]).find((key) => this.#problems.has(key));
    if (problem !== undefined) this.#show({ fill: PROBLEMS[problem], shape: 'ring', text: this.#word(problem) });
    else this.#show(this.#news);
  }
}
