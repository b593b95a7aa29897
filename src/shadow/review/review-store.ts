import { createHash, randomBytes } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import type { Detection } from '../../contract/detection';
import { expected, InspectionError, messageOf } from '../../contract/errors';
import type { FrameInfo, Rectangle } from '../../contract/frame';
import { nonEmptyString, oneOf } from '../../contract/validate';
import { nodeDisk, statOf, syncFolder, type Disk } from '../../kit/disk';
import { agreementOf, type Agreement } from './agreement';
import {
  ANSWER_WAYS,
  blindCard,
  settledOf,
  VERDICTS,
  type Answer,
  type AnswerWay,
  type BlindCard,
  type Card,
  type CardKind,
  type CardState,
  type Model,
} from './card';
import { pairKey, StoreState, type ReportEntry, type StoreEntry, type Tally } from './entries';
import { Journal } from './journal';
import { contentTypeOf, cutHere, PictureFolder, type CutPicture } from './pictures';
import { answersOfFinder, drawOf, isSameDefect, nextCard, stateOfCard, type Sighting } from './queue';
import { cardsMeant, readTruth, type Truth } from './truth';

export interface ReviewLimits {
  /** Unanswered cards; the oldest of the class with most of them gives way. */
  maxOpen: number;
  /** All cards; the oldest that are answered go, their answers with them. */
  maxCards: number;
  /** Reports about whole parts; the oldest go. */
  maxReports: number;
  /** Pictures and journal, bytes; first the pictures of answered cards go, then unanswered cards. */
  maxBytes: number;
  /** The same defect on frames this far apart is one card, where the parts have no numbers, ms. */
  windowMs: number;
  /** Share of the cards that are asked about twice, 0 … 1. */
  secondShare: number;
  /** How long a card that was handed out is kept from other reviewers, ms. */
  takenMs: number;
}

/** 1 GiB holds some 500 whole pictures of 12 megapixels. One card in twenty is asked about twice: a choice. */
export const REVIEW_DEFAULTS: Readonly<ReviewLimits> = {
  maxOpen: 500,
  maxCards: 5000,
  maxReports: 5000,
  maxBytes: 1 << 30,
  windowMs: 5000,
  secondShare: 0.05,
  takenMs: 120_000,
};

export interface StoreOptions {
  /** Cuts crops out; default: in this process. */
  cut?: CutPicture;
  /** Whether this process tidies up: lets go what exceeds the limits, and shortens the journal. One process should. Default true. */
  keeps?: boolean;
  disk?: Disk;
  now?: () => number;
  /** What the line did with a part that has no card. */
  lookUp?: (part: { frameId: string | null; partId: string | null }) => Promise<KnownPart | undefined>;
}

/** What is known of a part beside the store: the part log knows it. */
export interface KnownPart {
  frameId: string;
  partId?: string;
  camera: string;
  time: string;
  line: 'PASS' | 'FAIL';
}

/** A frame that is offered for review. */
export interface OfferedPart {
  kind: Exclude<CardKind, 'reported'>;
  image: Uint8Array;
  frame: Partial<FrameInfo> & { id: string };
  camera: string;
  /** Of the upright picture, pixels. */
  size: { width: number; height: number };
  models: Card['models'];
  classNames: readonly string[];
  line: 'PASS' | 'FAIL';
  lineFindings: number;
  /** What one model found and the other did not; empty with `audit`. */
  findings: { box: Rectangle; label: string; foundBy: Model }[];
  /** All that each model saw, down to what it was asked for. */
  seen: Record<Model, Detection[]>;
}

/** What an answer may be, as it comes from outside. */
export interface AnswerInput {
  verdict: unknown;
  label?: unknown;
  box?: unknown;
  by?: unknown;
  way: AnswerWay;
}

export interface ReviewStats {
  /** Cards by state and kind. */
  open: number;
  second: number;
  done: number;
  kinds: Record<CardKind, number>;
  /** Unanswered cards that gave way since the store began, as far as the journal goes back. */
  dropped: number;
  answers: number;
  cannotTell: number;
  agreement: Agreement;
  reports: number;
  bytes: number;
  damagedLines: number;
}

/** What a truth from outside did. */
export interface TruthTaken {
  /** Cards that it answered. */
  answered: string[];
  /** The card that was made because none was meant; null: none was needed. */
  created: string | null;
}

const OVERLAPS_MIN_SEEN = 50;
const COMPACT_MIN_BYTES = 4 << 20;
const NOBODY = 'somebody';

function newId(): string {
  return randomBytes(8).toString('hex');
}

/**
 * The truth as people tell it, on disk: a journal of cards and answers, and a folder of pictures. An answer is stored when its
 * promise resolves (synced to the disk), else it rejects with IO_FAILED and the caller tells the person. Several processes
 * may use one store: what one writes, the others see with their next call. All calls of one store wait for each other.
 *
 * A page or dashboard needs `next()`, `picture()`, `answer()` and `stats()`; a message with the truth `truth()`; the decision `state()`.
 */
export class ReviewStore {
  readonly folder: string;
  readonly limits: Readonly<ReviewLimits>;
  readonly #options: Required<Pick<StoreOptions, 'disk' | 'now' | 'keeps'>> & StoreOptions;
  readonly #journal: Journal<StoreEntry>;
  readonly #pictures: PictureFolder;
  #state = new StoreState();
  #classNames: readonly string[] = [];
  /** Cards that were handed out: to whom, and until when. */
  readonly #taken = new Map<string, { by: string; untilMs: number }>();
  /** When a card was last seen again, for the window; cards of this process only. */
  readonly #lastSeenMs = new Map<string, number>();
  #listeners = new Set<() => void>();
  #work: Promise<unknown> = Promise.resolve();
  #appendsSinceCompaction = 0;

  private constructor(folder: string, limits: Partial<ReviewLimits>, options: StoreOptions) {
    this.folder = resolve(folder);
    this.limits = { ...REVIEW_DEFAULTS, ...limits };
    this.#options = { disk: nodeDisk, now: Date.now, keeps: true, ...options };
    const { disk, cut = cutHere } = this.#options;
    this.#journal = new Journal(this.folder, disk);
    this.#pictures = new PictureFolder(this.folder, disk, cut);
  }

  /**
   * Opens a store, and makes its folder where there is none.
   *
   * @throws InspectionError IO_FAILED
   */
  static async open(
    folder: string,
    limits: Partial<ReviewLimits> = {},
    options: StoreOptions = {},
  ): Promise<ReviewStore> {
    const store = new ReviewStore(folder, limits, options);
    await store.#inTurn(() => store.#open());
    return store;
  }

  /**
   * Puts a frame to people: one card per finding, or one for the whole part of an audit. The same defect on successive frames
   * makes one card.
   *
   * @returns the new cards
   * @throws InspectionError IO_FAILED: then none was made
   */
  offer(part: OfferedPart): Promise<Card[]> {
    return this.#inTurn(() => this.#offer(part));
  }

  /**
   * The card to ask a reviewer about next, most informative first; undefined: there is none for this reviewer. It is kept from
   * others for a while. The same call again gives the same card until it is answered.
   *
   * @param reviewer name of who will answer; a second answer is asked of somebody else
   * @param skip cards that this reviewer left for later
   */
  next(reviewer: string, skip: readonly string[] = []): Promise<BlindCard | undefined> {
    return this.#inTurn(async () => {
      await this.#sync();
      const nowMs = this.#options.now();
      for (const [id, { untilMs }] of this.#taken) if (untilMs <= nowMs) this.#taken.delete(id);
      const card = nextCard(this.#state.cards.values(), reviewer, {
        stateOf: this.#stateOfCards(),
        settledOfClass: this.#state.settledOfClass(),
        isTaken: (id) => skip.includes(id) || (this.#taken.has(id) && this.#taken.get(id)?.by !== reviewer),
      });
      if (card === undefined) return undefined;
      this.#taken.set(card.id, { by: reviewer, untilMs: nowMs + this.limits.takenMs });
      return this.#blind(card);
    });
  }

  /**
   * Stores an answer; it is on the disk when this resolves. A second answer of one person replaces the first.
   *
   * @throws InspectionError BAD_ARGUMENT for an unknown card or answer, IO_FAILED when it could not be stored
   */
  answer(cardId: string, input: AnswerInput): Promise<BlindCard> {
    return this.#inTurn(async () => {
      await this.#sync();
      const card = this.#cardOf(cardId);
      await this.#write({ type: 'answer', card: card.id, answer: this.#answerOf(input) });
      this.#taken.delete(cardId);
      return this.#blind(card);
    });
  }

  /**
   * Takes the truth about a part from outside, `msg.payload` of `msg.topic = 'truth'`, also days later:
   * `{ frameId | partId | cardId, verdict: 'defect' | 'good' | 'cannot tell' | …, class?, box?, by? }`. It answers the cards that
   * are meant; where there is none, and for the weekly figures, it is kept as a report.
   *
   * @throws InspectionError BAD_ARGUMENT, IO_FAILED
   */
  truth(payload: unknown, way: AnswerWay = 'message'): Promise<TruthTaken> {
    const truth = readTruth(payload);
    return this.#inTurn(() => this.#takeTruth(truth, way));
  }

  /** A card as whoever answers may see it. @throws InspectionError BAD_ARGUMENT */
  card(cardId: string): Promise<BlindCard> {
    return this.#inTurn(async () => {
      await this.#sync();
      return this.#blind(this.#cardOf(cardId));
    });
  }

  /** Cards as whoever answers may see them, oldest first. */
  list(states?: readonly CardState[]): Promise<BlindCard[]> {
    return this.#inTurn(async () => {
      await this.#sync();
      const stateOf = this.#stateOfCards();
      const cards = [...this.#state.cards.values()].map((card) => this.#blind(card, stateOf));
      return states === undefined ? cards : cards.filter(({ state }) => states.includes(state));
    });
  }

  /** The crop, or the whole picture, of a card: file and type; undefined: there is none. @throws InspectionError BAD_ARGUMENT */
  picture(cardId: string, which: 'crop' | 'whole'): Promise<{ path: string; contentType: string } | undefined> {
    return this.#inTurn(async () => {
      await this.#sync();
      const card = this.#cardOf(cardId);
      const name = which === 'crop' ? (card.crop ?? card.picture) : card.picture;
      if (name === null) return undefined;
      return { path: join(this.#pictures.path, name), contentType: contentTypeOf(name) };
    });
  }

  /** Adds what a model says of the cards' places when it is asked for more than counts. @throws InspectionError IO_FAILED */
  addSeen(cards: readonly Pick<Card, 'id' | 'box'>[], model: Model, detections: Detection[]): Promise<void> {
    return this.#inTurn(async () => {
      const none = { primary: [], candidate: [] };
      const entries = cards.map(({ id, box }): StoreEntry => {
        return { type: 'seen', card: id, model, detections: seenAt(box, { ...none, [model]: detections })[model] };
      });
      await this.#write(...entries);
    });
  }

  /** Adds to what was counted of two models while they were compared. @throws InspectionError IO_FAILED */
  addTally(models: Card['models'], tally: Tally): Promise<void> {
    return this.#inTurn(() => this.#write({ type: 'tally', pair: pairKey(models), ...tally }));
  }

  /** Everything, not blind: for decision, export and figures. Not to be changed. */
  state(): Promise<Readonly<Pick<StoreState, 'cards' | 'tallies' | 'reports' | 'dropped'>>> {
    return this.#inTurn(async () => {
      await this.#sync();
      return this.#state;
    });
  }

  async stats(): Promise<ReviewStats> {
    const { cards, reports, dropped } = await this.state();
    const stats = { open: 0, second: 0, done: 0, answers: 0, cannotTell: 0 };
    const kinds: ReviewStats['kinds'] = { disputed: 0, audit: 0, reported: 0 };
    const pairs: [Answer, Answer][] = [];
    const stateOf = this.#stateOfCards();
    for (const card of cards.values()) {
      stats[stateOf(card)]++;
      kinds[card.kind]++;
      stats.answers += card.answers.length;
      stats.cannotTell += card.answers.filter(({ verdict }) => verdict === 'cannot tell').length;
      const [first, second] = card.answers;
      if (first !== undefined && second !== undefined) pairs.push([first, second]);
    }
    const bytes = this.#pictures.bytes + this.#journal.bytes;
    const { damagedLines } = this.#journal;
    return { ...stats, kinds, dropped, agreement: agreementOf(pairs), reports: reports.length, bytes, damagedLines };
  }

  /** Called after every card or answer that this process stored. @returns a function that ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Waits for what is under way. Nothing is lost without it. */
  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#work;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }

  async #open(): Promise<void> {
    try {
      await this.#makeFolder(this.folder);
      await this.#makeFolder(this.#pictures.path);
      await this.#sync();
      const needed = [...this.#state.cards.values()].flatMap(({ crop, picture }) => [crop, picture]);
      await this.#pictures.open(new Set(needed.filter((name) => name !== null)), this.#options.keeps);
    } catch (error) {
      throw ioFailed(`The store of answers in ${this.folder} cannot be opened`, error);
    }
    await this.#compact();
  }

  async #makeFolder(path: string): Promise<void> {
    const { disk } = this.#options;
    if ((await statOf(disk, path)) !== undefined) return;
    if (dirname(path) !== path) await this.#makeFolder(dirname(path));
    await disk.mkdir(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncFolder(disk, dirname(path));
  }

  /** Takes note of what any process wrote. */
  async #sync(): Promise<void> {
    const { anew, entries } = await this.#journal.read();
    if (anew) this.#state = new StoreState();
    for (const entry of entries) this.#state.apply(entry);
    const newest = [...this.#state.cards.values()].at(-1);
    if (this.#classNames.length === 0 && newest !== undefined) this.#classNames = this.#classesOfCards();
  }

  async #write(...entries: StoreEntry[]): Promise<void> {
    await this.#journal.append(...entries);
    this.#appendsSinceCompaction += entries.length;
    await this.#sync();
    for (const listener of this.#listeners) listener();
  }

  #classesOfCards(): string[] {
    return [...new Set([...this.#state.cards.values()].flatMap(({ label }) => label ?? []))].sort();
  }

  #stateOfCards(): (card: Card) => CardState {
    const counts = answersOfFinder(this.#state.cards.values());
    return (card) => stateOfCard(card, this.limits.secondShare, counts);
  }

  #blind(card: Card, stateOf = this.#stateOfCards()): BlindCard {
    return blindCard(card, stateOf(card), this.#classNames);
  }

  #cardOf(id: string): Card {
    const card = this.#state.cards.get(id);
    if (card === undefined) throw expected('the id of a card in the store', 'the card', id);
    return card;
  }

  #answerOf({ verdict, label, box, by, way }: AnswerInput): Answer {
    const word = oneOf(verdict, 'the answer', VERDICTS);
    const named = word === 'other class' || (label !== undefined && label !== null && label !== '');
    const at = new Date(this.#options.now()).toISOString();
    return {
      verdict: word,
      ...(named && { label: nonEmptyString(label, 'the class') }),
      ...(box !== undefined && box !== null && { box: box as Rectangle }),
      by: typeof by === 'string' && by.trim() !== '' ? by.trim().slice(0, 100) : NOBODY,
      at,
      way: oneOf(way, 'the way of an answer', ANSWER_WAYS),
    };
  }

  async #offer(part: OfferedPart): Promise<Card[]> {
    await this.#sync();
    this.#classNames = part.classNames;
    const nowMs = this.#options.now();
    const base = this.#baseOf(part, nowMs);
    const fresh: Card[] = [];
    const repeats: StoreEntry[] = [];
    const wholePart = part.kind === 'audit' ? [{ box: null, label: null, foundBy: null }] : part.findings;
    for (const finding of wholePart) {
      const sighting = { ...base, ...finding };
      const known = this.#known(sighting, fresh, nowMs);
      if (known !== undefined) {
        this.#lastSeenMs.set(known.id, nowMs);
        repeats.push({ type: 'repeat', card: known.id });
        continue;
      }
      fresh.push({ ...base, ...finding, id: newId(), seen: seenAt(finding.box, part.seen) });
    }
    try {
      if (fresh.length > 0) await this.#keepPictures(fresh, part);
      if (fresh.length + repeats.length > 0)
        await this.#write(...fresh.map((card): StoreEntry => ({ type: 'card', card })), ...repeats);
    } catch (error) {
      for (const { crop, picture } of fresh)
        for (const name of [crop, picture]) {
          if (name !== null && !this.#isNeeded(name)) await this.#pictures.remove(name).catch(() => undefined);
        }
      throw ioFailed('The card could not be stored', error);
    }
    for (const { id } of fresh) this.#lastSeenMs.set(id, nowMs);
    if (fresh.length > 0) await this.#makeRoom();
    return fresh;
  }

  #baseOf({ kind, frame, camera, size, models, line, lineFindings }: OfferedPart, nowMs: number) {
    return {
      kind: kind as CardKind,
      frameId: frame.id,
      ...(frame.partId !== undefined && { partId: frame.partId }),
      camera,
      time: frame.capturedAt ?? new Date(nowMs).toISOString(),
      crop: null,
      picture: null,
      cropArea: null,
      ...size,
      models,
      line,
      lineFindings,
      repeats: 0,
      answers: [],
    };
  }

  #known(sighting: Sighting, fresh: readonly Card[], nowMs: number): Card | undefined {
    const { windowMs } = this.limits;
    const apart = (card: Card) => nowMs - (this.#lastSeenMs.get(card.id) ?? Date.parse(card.time));
    const candidates = [...this.#state.cards.values(), ...fresh];
    return candidates.find((card) => card.kind !== 'reported' && isSameDefect(card, sighting, apart(card), windowMs));
  }

  async #keepPictures(cards: Card[], { image, frame }: OfferedPart): Promise<void> {
    const sha = createHash('sha256').update(image).digest('hex').slice(0, 16);
    const picture = await this.#pictures.whole(sha, image, frame);
    for (const card of cards) {
      card.picture = picture;
      if (card.box === null) continue;
      const { name, area } = await this.#pictures.crop(card.id, image, frame, card.box);
      card.crop = name;
      card.cropArea = area;
    }
    await this.#pictures.sync();
  }

  async #takeTruth(truth: Truth, way: AnswerWay): Promise<TruthTaken> {
    await this.#sync();
    const { by = NOBODY, verdict, label, box, cardId } = truth;
    if (cardId !== undefined) {
      const word = verdict === 'good' ? 'no defect' : verdict;
      const card = this.#cardOf(cardId);
      const other = word === 'defect' && label !== undefined && card.label !== null && label !== card.label;
      const answer = this.#answerOf({ verdict: other ? 'other class' : word, label, box, by, way });
      await this.#write({ type: 'answer', card: cardId, answer });
      return { answered: [cardId], created: null };
    }
    const { frameId = null, partId = null } = truth;
    const ofPart = [...this.#state.cards.values()].filter(
      (card) => (frameId !== null && card.frameId === frameId) || (partId !== null && card.partId === partId),
    );
    const { lookUp } = this.#options;
    const looked = ofPart[0] === undefined ? await lookUp?.({ frameId, partId }) : undefined;
    const part = ofPart[0] ?? looked;
    const meant = cardsMeant(truth, ofPart);
    const entries: StoreEntry[] = meant.map(({ card, verdict: word, label: named }) => ({
      type: 'answer',
      card: card.id,
      answer: this.#answerOf({ verdict: word, label: named, box, by, way }),
    }));
    const at = new Date(this.#options.now()).toISOString();
    const report: ReportEntry = {
      type: 'report',
      frameId: frameId ?? part?.frameId ?? null,
      partId: partId ?? part?.partId ?? null,
      verdict: verdict === 'other class' ? 'defect' : verdict === 'no defect' ? 'good' : verdict,
      label: label ?? null,
      by,
      at,
      inspectedAt: part?.time ?? null,
      line: part?.line ?? null,
    };
    let created: string | null = null;
    // a defect that no card is about: it was missed by both, or is of an earlier day
    if (report.verdict === 'defect' && meant.length === 0) {
      const card = this.#reportedCard(truth, ofPart[0], looked, at);
      card.answers = [this.#answerOf({ verdict: 'defect', label, box, by, way })];
      entries.push({ type: 'card', card });
      created = card.id;
    }
    await this.#write(...entries, report);
    return { answered: meant.map(({ card }) => card.id), created };
  }

  #reportedCard(truth: Truth, beside: Card | undefined, known: KnownPart | undefined, at: string): Card {
    const { frameId, partId, label, box } = truth;
    const part = beside ?? known;
    const number = partId ?? part?.partId;
    return {
      id: newId(),
      kind: 'reported',
      frameId: frameId ?? part?.frameId ?? '',
      ...(number !== undefined && { partId: number }),
      camera: part?.camera ?? '',
      time: part?.time ?? at,
      crop: null,
      picture: beside?.picture ?? null,
      cropArea: null,
      width: beside?.width ?? 0,
      height: beside?.height ?? 0,
      box: box ?? null,
      label: label ?? null,
      foundBy: null,
      models: beside?.models ?? { primary: null, candidate: null },
      seen: { primary: [], candidate: [] },
      line: part?.line ?? null,
      lineFindings: beside?.lineFindings ?? 0,
      repeats: 0,
      answers: [],
    };
  }

  #isNeeded(name: string): boolean {
    for (const { crop, picture } of this.#state.cards.values()) if (crop === name || picture === name) return true;
    return false;
  }

  /** Lets go what exceeds the limits. */
  async #makeRoom(): Promise<void> {
    if (!this.#options.keeps) return;
    const { maxOpen, maxBytes } = this.limits;
    const open = [...this.#state.cards.values()].filter(({ answers }) => answers.length === 0);
    if (open.length > maxOpen) await this.#letGo('card', oldestOfCommonest(open, open.length - maxOpen));
    let excess = this.#pictures.bytes + this.#journal.bytes - maxBytes;
    for (const answered of [true, false]) {
      if (excess <= 0) break;
      const going: Card[] = [];
      for (const card of this.#state.cards.values()) {
        if (excess <= 0) break;
        if (card.answers.length > 0 !== answered || (card.crop ?? card.picture) === null) continue;
        going.push(card);
        // (a whole picture may be shared: then less is freed than counted, and the next offer goes on)
        for (const name of [card.crop, card.picture]) excess -= name === null ? 0 : this.#pictures.sizeOf(name);
      }
      await this.#letGo(answered ? 'pictures' : 'card', going);
    }
    if (this.#state.cards.size > this.limits.maxCards || this.#appendsSinceCompaction > 5000) await this.#compact();
  }

  async #letGo(what: 'card' | 'pictures', cards: readonly Card[]): Promise<void> {
    if (cards.length === 0) return;
    const names = cards.flatMap(({ crop, picture }) => [crop, picture]).filter((name) => name !== null);
    await this.#write({ type: 'gone', what, cards: cards.map(({ id }) => id) });
    for (const name of new Set(names)) if (!this.#isNeeded(name)) await this.#pictures.remove(name);
  }

  /** Shortens the journal to what it comes to, once it is long enough to be worth it. */
  async #compact(): Promise<void> {
    const { maxCards, maxReports } = this.limits;
    const { cards, reports } = this.#state;
    const tooMany = cards.size - maxCards;
    if (
      !this.#options.keeps ||
      (tooMany <= 0 && reports.length <= maxReports && this.#journal.bytes < COMPACT_MIN_BYTES)
    ) {
      return;
    }
    const going = [...cards.values()].filter(({ answers }) => answers.length > 0).slice(0, Math.max(0, tooMany));
    for (const { id } of going) cards.delete(id);
    this.#state.reports = reports.slice(-maxReports);
    await this.#journal.compact(this.#state.entries());
    this.#appendsSinceCompaction = 0;
    await this.#sync();
    for (const name of going.flatMap(({ crop, picture }) => [crop, picture])) {
      if (name !== null && !this.#isNeeded(name)) await this.#pictures.remove(name);
    }
  }
}

/** The oldest cards of the classes with most of them: one at a time, so that the classes even out. */
function oldestOfCommonest(open: readonly Card[], count: number): Card[] {
  const byClass = new Map<string, Card[]>();
  for (const card of open) {
    const key = `${card.kind} ${card.label ?? ''}`;
    byClass.set(key, [...(byClass.get(key) ?? []), card]);
  }
  return Array.from({ length: count }).flatMap(() => {
    const commonest = [...byClass.values()].sort((a, b) => b.length - a.length)[0];
    return commonest?.shift() ?? [];
  });
}

/** What overlaps a finding, or all of a part; bounded. */
function seenAt(box: Rectangle | null, seen: OfferedPart['seen']): OfferedPart['seen'] {
  const near = (list: Detection[]) => {
    const overlapping = box === null ? list : list.filter((one) => overlaps(one.box, box));
    return overlapping.slice(0, OVERLAPS_MIN_SEEN);
  };
  return { primary: near(seen.primary), candidate: near(seen.candidate) };
}

function overlaps(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function ioFailed(what: string, error: unknown): InspectionError {
  if (error instanceof InspectionError && error.code !== 'IO_FAILED') return error;
  return new InspectionError('IO_FAILED', `${what}: ${messageOf(error)}`, { cause: error });
}

/** Whether a part that both models passed is audited: the same answer in every process. @param rate 0 … 1 */
export function isAudited(frameId: string, rate: number): boolean {
  return rate > 0 && drawOf(`audit ${frameId}`) < rate;
}

export { settledOf };
