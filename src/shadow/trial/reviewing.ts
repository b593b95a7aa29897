import type { DetectorLike, ModelInfo } from '../../contract/detector';
import type { Detection } from '../../contract/detection';
import { cameraOf } from '../../contract/frame';
import { nms } from '../../detect/nms';
import type { RoutedDetector } from '../../detector/routed-detector';
import { compareFrame } from '../compare/compare';
import { decideByPeople, type DecisionOptions, type PeopleDecision } from '../decision/decide';
import { peopleReport, type PeopleReport } from '../decision/people-report';
import { truthOfPair } from '../decision/truth-counts';
import type { Card, Model } from '../review/card';
import { addTallies, NO_TALLY, type Tally } from '../review/entries';
import { isAudited, type OfferedPart, type ReviewStore } from '../review/review-store';
import type { LineFrame } from './pair';
import { ShadowRunner, type ShadowRunnerOptions } from './shadow-runner';

/** The models of a card are asked down to here, for the threshold aid; 0 … 1. Below it nobody sets a threshold. */
export const SEEN_FROM = 0.05;

/** Counts are stored every so many frames: a crash loses fewer, and they err to the safe side. */
const TALLY_FRAMES = 50;

export interface ReviewingOptions {
  line: RoutedDetector;
  runner: Partial<ShadowRunnerOptions>;
  /** Share of the parts that passed which are put to people, 0 … 1. */
  auditRate: number;
  decision: Partial<DecisionOptions>;
  warned: (error: unknown) => void;
  /** After every answer, and now and then in between. */
  judged: (decision: PeopleDecision) => void;
}

/** Puts what two models dispute, and a sample of what both passed, to people, and knows what their answers come to. */
export class Reviewing {
  readonly store: ReviewStore;
  readonly #options: ReviewingOptions;
  readonly #again: ShadowRunner;
  readonly #endChanges: () => void;
  #models: { primary: ModelInfo; candidate: ModelInfo } | undefined;
  #pending: Tally = NO_TALLY;
  /** On its way to the disk: it counts until it is there. */
  #flushing: Tally = NO_TALLY;

  constructor(store: ReviewStore, options: ReviewingOptions) {
    this.store = store;
    this.#options = options;
    this.#again = new ShadowRunner(options.line, { ...options.runner, sample: 1 });
    this.#endChanges = store.onChange(() => void this.#judge());
  }

  /** Begins with two models: what people said about the same two before still counts. */
  async begin(models: { primary: ModelInfo; candidate: ModelInfo }): Promise<void> {
    await this.#flushAll();
    this.#models = models;
  }

  async stop(): Promise<void> {
    this.#endChanges();
    await this.#flushAll();
  }

  /** A frame that both models answered. Never rejects. */
  async compared(frame: LineFrame, seen: Record<Model, Detection[]>, size: OfferedPart['size']): Promise<void> {
    const models = this.#models;
    if (models === undefined || frame.limits === undefined) return;
    // without a margin and with each model's own thresholds: as the line would judge with one or the other
    const { missed, extra, matched } = compareFrame(seen.primary, seen.candidate, { limits: frame.limits, margin: 0 });
    const bothPassed = missed.length + extra.length + matched.length === 0;
    const found = countByLabel([...missed, ...matched.map(({ primary }) => primary)]);
    const more = { frames: 1, found, missed: countByLabel(missed), extra: countByLabel(extra) };
    this.#pending = addTallies(this.#pending, { ...more, bothPassed: bothPassed ? 1 : 0 });
    const byFinder = (list: Detection[], foundBy: Model) => list.map(({ box, label }) => ({ box, label, foundBy }));
    const findings = [...byFinder(missed, 'primary'), ...byFinder(extra, 'candidate')];
    const audited = bothPassed && isAudited(frame.id, this.#options.auditRate);
    try {
      if (findings.length > 0 || audited) {
        const lineFindings = matched.length + (frame.answeredBy === 'primary' ? missed : extra).length;
        await this.#offer({ frame, seen, size, findings, lineFindings, kind: audited ? 'audit' : 'disputed' });
      }
      if (this.#pending.frames >= TALLY_FRAMES) await this.#flush();
    } catch (error) {
      this.#options.warned(error);
    }
  }

  /** A part that the line passed while there was nothing to compare with. Never rejects. */
  async passed(frame: LineFrame, primary: ModelInfo): Promise<void> {
    if (frame.size === undefined || !isAudited(frame.id, this.#options.auditRate)) return;
    const { image, id, size, detections } = frame;
    const part: OfferedPart = {
      kind: 'audit',
      image,
      frame: { ...frame.frame, id },
      camera: cameraOf({ source: '', ...frame.frame }),
      size,
      models: { primary: primary.sha256, candidate: null },
      classNames: primary.classNames,
      line: 'PASS',
      lineFindings: 0,
      findings: [],
      seen: { primary: detections, candidate: [] },
    };
    await this.store.offer(part).catch(this.#options.warned);
  }

  /** What people's answers say of the two models; undefined without a candidate. */
  async decision(): Promise<PeopleDecision | undefined> {
    const truth = await this.#truth();
    return truth && decideByPeople(truth, this.#options.decision);
  }

  /** The same for a report; null without a candidate, or when the store cannot be read. */
  async report(): Promise<PeopleReport | null> {
    try {
      const truth = await this.#truth();
      if (truth === undefined) return null;
      return peopleReport(truth, decideByPeople(truth, this.#options.decision), await this.store.stats());
    } catch {
      return null;
    }
  }

  async #truth() {
    if (this.#models === undefined) return undefined;
    const { primary } = this.#models;
    const state = await this.store.state();
    return truthOfPair(state, this.#shas(), primary.classNames, addTallies(this.#pending, this.#flushing));
  }

  #shas(): Card['models'] {
    return { primary: this.#models?.primary.sha256 ?? null, candidate: this.#models?.candidate.sha256 ?? null };
  }

  async #offer(part: {
    frame: LineFrame;
    seen: Record<Model, Detection[]>;
    size: OfferedPart['size'];
    findings: OfferedPart['findings'];
    lineFindings: number;
    kind: OfferedPart['kind'];
  }): Promise<void> {
    const { frame, ...rest } = part;
    const cards = await this.store.offer({
      ...rest,
      image: frame.image,
      frame: { ...frame.frame, id: frame.id },
      camera: cameraOf({ source: '', ...frame.frame }),
      models: this.#shas(),
      classNames: this.#models?.primary.classNames ?? [],
      line: part.lineFindings > 0 ? 'FAIL' : 'PASS',
    });
    if (cards.length > 0) void this.#askAgain(cards, frame).catch(this.#options.warned);
  }

  /** The model that answered on the line gave what is above its threshold: what is below is asked for when there is time. */
  async #askAgain(cards: readonly Card[], line: LineFrame): Promise<void> {
    if (line.answeredBy !== 'primary') return;
    const detector: DetectorLike = this.#options.line.primary;
    const outcome = await this.#again.offer({ ...line, confidence: SEEN_FROM, scores: false }, detector);
    if (typeof outcome === 'string' || !outcome.inspected) return;
    const detections = nms(outcome.detections);
    await this.store.addSeen(cards, 'primary', detections);
  }

  async #flushAll(): Promise<void> {
    if (this.#models === undefined) return;
    const { frames } = addTallies(this.#pending, this.#flushing);
    if (frames === 0) return;
    // (waits for one that is under way: calls of the store come in turn)
    await this.store.state().catch(this.#options.warned);
    await this.#flush();
    this.#pending = NO_TALLY;
  }

  async #flush(): Promise<void> {
    const pending = this.#pending;
    // (one at a time: what comes meanwhile waits for the next)
    if (pending.frames === 0 || this.#flushing.frames > 0) return;
    this.#pending = NO_TALLY;
    this.#flushing = pending;
    try {
      await this.store.addTally(this.#shas(), pending);
    } catch (error) {
      this.#pending = addTallies(this.#pending, pending);
      this.#options.warned(error);
    } finally {
      this.#flushing = NO_TALLY;
    }
  }

  async #judge(): Promise<void> {
    try {
      const decision = await this.decision();
      if (decision !== undefined) this.#options.judged(decision);
    } catch (error) {
      this.#options.warned(error);
    }
  }
}

function countByLabel(detections: readonly Detection[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { label } of detections) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}
