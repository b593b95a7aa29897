import type { Detection } from '../../contract/detection';
import { settledOf, type Answer, type Card, type Model } from './card';

/** What was seen while two models were compared, counted without anybody's answer: the denominators of the decision. */
export interface TallyEntry {
  type: 'tally';
  /** `primary/candidate`, their SHA-256. */
  pair: string;
  /** Frames that both answered. */
  frames: number;
  /** Findings of the model in use, by class. */
  found: Record<string, number>;
  /** What it alone found, and what the candidate alone found, by class, with all that made no card of their own. */
  missed: Record<string, number>;
  extra: Record<string, number>;
  /** Parts that both passed. */
  bothPassed: number;
}

/** What somebody reported about a whole part. */
export interface ReportEntry {
  type: 'report';
  frameId: string | null;
  partId: string | null;
  verdict: 'defect' | 'good' | 'cannot tell';
  label: string | null;
  by: string;
  /**
   * When it was told, and when the part was inspected, ISO 8601, UTC.
   * @format date-time
   */
  at: string;
  inspectedAt: string | null;
  /** What the line did with the part; null: not known any more. */
  line: 'PASS' | 'FAIL' | null;
}

/** The lines of a store's journal. */
export type StoreEntry =
  | { type: 'card'; card: Card }
  | { type: 'answer'; card: string; answer: Answer }
  | { type: 'repeat'; card: string }
  /** What a model says of the card's place when it is asked for more. */
  | { type: 'seen'; card: string; model: Model; detections: Detection[] }
  /** `card`: it is gone, unanswered, with its pictures. `pictures`: only these. */
  | { type: 'gone'; what: 'card' | 'pictures'; cards: string[] }
  | TallyEntry
  | ReportEntry;

export type Tally = Omit<TallyEntry, 'type' | 'pair'>;

export const pairKey = ({ primary, candidate }: Card['models']) => `${primary ?? '-'}/${candidate ?? '-'}`;

export const NO_TALLY: Readonly<Tally> = { frames: 0, found: {}, missed: {}, extra: {}, bothPassed: 0 };

function addCounts(into: Record<string, number>, more: Record<string, number>): Record<string, number> {
  const sum = { ...into };
  for (const [label, count] of Object.entries(more)) sum[label] = (sum[label] ?? 0) + count;
  return sum;
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    frames: a.frames + b.frames,
    found: addCounts(a.found, b.found),
    missed: addCounts(a.missed, b.missed),
    extra: addCounts(a.extra, b.extra),
    bothPassed: a.bothPassed + b.bothPassed,
  };
}

/** What the lines of a journal come to: the whole state of a store. */
export class StoreState {
  readonly cards = new Map<string, Card>();
  readonly tallies = new Map<string, Tally>();
  reports: ReportEntry[] = [];
  /** Unanswered cards that had to give way. */
  dropped = 0;

  apply(entry: StoreEntry): void {
    switch (entry.type) {
      case 'card':
        if (!this.cards.has(entry.card.id)) this.cards.set(entry.card.id, entry.card);
        return;
      case 'answer': {
        // the card may have given way; of one person the last answer counts
        const card = this.cards.get(entry.card);
        if (card !== undefined) {
          card.answers = [...card.answers.filter(({ by }) => by !== entry.answer.by), entry.answer];
        }
        return;
      }
      case 'repeat': {
        const card = this.cards.get(entry.card);
        if (card !== undefined) card.repeats++;
        return;
      }
      case 'seen': {
        const card = this.cards.get(entry.card);
        if (card !== undefined) card.seen = { ...card.seen, [entry.model]: entry.detections };
        return;
      }
      case 'gone':
        for (const id of entry.cards) this.#gone(id, entry.what);
        return;
      case 'tally': {
        this.tallies.set(entry.pair, addTallies(this.tallies.get(entry.pair) ?? NO_TALLY, entry));
        return;
      }
      case 'report':
        this.reports.push(entry);
    }
  }

  #gone(id: string, what: 'card' | 'pictures'): void {
    const card = this.cards.get(id);
    if (card === undefined) return;
    card.crop = null;
    card.picture = null;
    // an answer that another process gave meanwhile outlives the wish to be rid of the card
    if (what === 'pictures' || card.answers.length > 0) return;
    this.cards.delete(id);
    this.dropped++;
  }

  /** The shortest list of lines that comes to the same. */
  entries(): StoreEntry[] {
    return [
      ...[...this.cards.values()].map((card): StoreEntry => ({ type: 'card', card })),
      ...[...this.tallies].map(([pair, tally]): StoreEntry => ({ type: 'tally', pair, ...tally })),
      ...this.reports,
    ];
  }

  /** How many findings of a class are settled: what the weights go by. */
  settledOfClass(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const card of this.cards.values()) {
      if (card.label === null || settledOf(card) === undefined) continue;
      counts.set(card.label, (counts.get(card.label) ?? 0) + 1);
    }
    return counts;
  }
}
