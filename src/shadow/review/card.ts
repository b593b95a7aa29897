import type { Detection } from '../../contract/detection';
import type { Rectangle } from '../../contract/frame';

/**
 * Why a card is there. `disputed`: one model found something that the other did not. `audit`: a part that both passed.
 * `reported`: somebody told the truth about a part that had no card.
 */
export const CARD_KINDS = ['disputed', 'audit', 'reported'] as const;
export type CardKind = (typeof CARD_KINDS)[number];

/** What a person can say about a card. Of an audit card: whether there is any defect on the part. */
export const VERDICTS = ['defect', 'no defect', 'cannot tell', 'other class'] as const;
export type ReviewVerdict = (typeof VERDICTS)[number];

/** By which way an answer came. */
export const ANSWER_WAYS = ['dashboard', 'page', 'message', 'command line', 'import'] as const;
export type AnswerWay = (typeof ANSWER_WAYS)[number];

/** One person's, or one machine's, answer to one card. */
export interface Answer {
  verdict: ReviewVerdict;
  /** The class that it is in truth; always there with `other class`. */
  label?: string;
  /** A better box, pixels of the upright picture; boxes that were reviewed in a labelling tool come back so. */
  box?: Rectangle;
  /** Who said it: a name, a re-inspection station. */
  by: string;
  /**
   * ISO 8601, UTC.
   * @format date-time
   */
  at: string;
  way: AnswerWay;
}

export type Model = 'primary' | 'candidate';

/** One question to people, as the store keeps it. Who answers gets a BlindCard. */
export interface Card {
  id: string;
  kind: CardKind;
  frameId: string;
  partId?: string;
  camera: string;
  /**
   * When the picture was taken, ISO 8601, UTC.
   * @format date-time
   */
  time: string;
  /** File names in the store's folder `pictures`; null: there is none, or it was let go. Both are upright. */
  crop: string | null;
  picture: string | null;
  /** What the crop shows, pixels of the upright picture. */
  cropArea: Rectangle | null;
  /** Of the upright picture, pixels; 0: unknown. */
  width: number;
  height: number;
  /** Pixels of the upright picture; null: the card is about the whole part. */
  box: Rectangle | null;
  /** The class as it was seen; null: the card is about the whole part. */
  label: string | null;
  /** Which model found it; null: neither, or it does not matter. Never shown to who answers. */
  foundBy: Model | null;
  /** SHA-256 of the models; null: there was no candidate. */
  models: Record<Model, string | null>;
  /**
   * What each model saw there, by class, also below its threshold as far as that is known: of a finding what overlaps it, of a
   * whole part all. For the threshold aid.
   */
  seen: Record<Model, Detection[]>;
  /** What the line did with the part, where it is known, and how many findings it failed it for. */
  line: 'PASS' | 'FAIL' | null;
  lineFindings: number;
  /** Further frames on which the same was found. */
  repeats: number;
  answers: Answer[];
}

/** `open`: nobody has answered yet. `second`: one more answer is wanted. `done`: answered. */
export type CardState = 'open' | 'second' | 'done';

/** A card as whoever answers may see it: nothing in it tells which model found it, or how sure it was. */
export type BlindCard = Pick<
  Card,
  'id' | 'kind' | 'frameId' | 'partId' | 'camera' | 'time' | 'width' | 'height' | 'box' | 'label' | 'cropArea'
> & {
  state: CardState;
  /** Whether there is a crop and a whole picture: `ReviewStore.picture()` gives them. */
  hasCrop: boolean;
  hasPicture: boolean;
  /** Classes that can be named with `other class`. */
  classNames: readonly string[];
};

export function blindCard(card: Card, state: CardState, classNames: readonly string[]): BlindCard {
  const { id, kind, frameId, partId, camera, time, width, height, box, label, cropArea } = card;
  const what = { id, kind, frameId, partId, camera, time, width, height, box, label, cropArea };
  return { ...what, state, hasCrop: card.crop !== null, hasPicture: card.picture !== null, classNames };
}

/** What a card turned out to be: the majority of those who could tell. */
export interface Settled {
  verdict: Exclude<ReviewVerdict, 'cannot tell'>;
  label?: string;
}

/**
 * What the answers to a card come to; undefined: nobody could tell, or as many say one thing as another. Of one person the
 * last answer counts.
 */
export function settledOf({ answers }: Pick<Card, 'answers'>): Settled | undefined {
  const counts = new Map<string, { settled: Settled; count: number }>();
  for (const { verdict, label } of answers) {
    if (verdict === 'cannot tell') continue;
    const key = `${verdict} ${verdict === 'other class' ? (label ?? '') : ''}`;
    const settled = { verdict, ...(verdict === 'other class' && { label }) };
    counts.set(key, { settled, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const [first, second] = [...counts.values()].sort((a, b) => b.count - a.count);
  return first === undefined || first.count === second?.count ? undefined : first.settled;
}
