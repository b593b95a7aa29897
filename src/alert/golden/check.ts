import { randomUUID } from 'node:crypto';
import type { FrameTrace } from '../judge/trace';
import type { VerdictRecord } from '../judge/messages';
import type { GoldenCommand } from './command';
import { NO_MEMORY, type GoldenMemory, type SampleResult } from './memory';
import { goldenResult, type AnnouncedSample, type GoldenEvent } from './records';
import type { GoldenRecord, GoldenResult, GoldenState } from './records';
import type { GoldenSample } from './samples';
import { dueAtMs, type GoldenSchedule, type OverdueAction } from './schedule';

export interface GoldenOptions {
  samples: GoldenSample[];
  schedule: GoldenSchedule;
  /** An announced part that has not come after this is not waited for any more, ms. */
  expiryMs: number;
  /** While a check is due it is said again this often, ms; 0: once. */
  reminderMs: number;
  /** A check that is due for this long is overdue, ms. */
  graceMs: number;
  overdue: OverdueAction;
}

/** The announcement that a frame belongs to, and the sample that it should show. */
export interface Claim {
  announced: AnnouncedSample;
  sample: GoldenSample;
}

/** A moment on both clocks: the machine's, and the one that is never set. */
interface Moment {
  nowMs: number;
  steadyMs: number;
}

/**
 * A picture taken up to this long before the announcement was on its way through the detector: it shows a part of
 * production. Older ones are pictures of another day (a file, a clock that is wrong), whose time says nothing, ms.
 */
const ON_ITS_WAY_MS = 60_000;

/**
 * The golden samples of one station: which are announced, how they ended, which are due. Pure but for its memory: no
 * files, no timers; time comes in as numbers: of the machine's clock, which schedules and time stamps go by, and of the
 * steady one, which says how long ago something was that happened since the start, however the clock was set meanwhile.
 */
export class GoldenCheck {
  readonly options: GoldenOptions;
  readonly #station: string;
  #memory: GoldenMemory;
  /** When 'due' was last said, on the steady clock; NaN: not since it is due. */
  #dueToldMs = NaN;
  #overdueTold = false;
  /** Since when the schedule asks for samples, on the steady clock; undefined: since before the start. */
  readonly #sinceSteadyMs: number | undefined;
  /** When announcements made since the start expire, on the steady clock. */
  readonly #expiries = new WeakMap<AnnouncedSample, number>();
  /** When samples were found right since the start, on the steady clock. */
  readonly #rightSteadyMs = new Map<string, number>();
  /** Why announced parts were not inspected, as far as told: the same reason is told once. */
  readonly #toldReasons = new WeakMap<AnnouncedSample, string>();

  constructor(
    station: string,
    options: GoldenOptions,
    memory: GoldenMemory = NO_MEMORY,
    nowMs = Date.now(),
    steadyMs = nowMs,
  ) {
    this.options = options;
    this.#station = station;
    const since = options.schedule.kind === 'none' ? null : (memory.since ?? new Date(nowMs).toISOString());
    if (memory.since === null) this.#sinceSteadyMs = steadyMs;
    const results = memory.results.filter(({ sample }) => options.samples.some(({ name }) => name === sample));
    this.#memory = structuredClone({ ...memory, results, since });
  }

  /** What is to be kept over a restart. */
  get memory(): GoldenMemory {
    return structuredClone(this.#memory);
  }

  state(nowMs: number, steadyMs = nowMs): GoldenState {
    const due = this.#due(nowMs, steadyMs);
    const problem = this.#wrong().length > 0 || due?.overdue === true;
    return {
      samples: this.options.samples.map(({ name }) => name),
      announced: structuredClone(this.#memory.announced),
      due: due && { since: new Date(due.sinceMs).toISOString(), overdue: due.overdue, samples: due.samples },
      last: structuredClone(this.#memory.last),
      problem,
      stopped: problem && this.options.overdue === 'stop',
    };
  }

  /** Obeys a command: gives what happened, in order. */
  command(command: GoldenCommand, nowMs: number, steadyMs = nowMs): GoldenRecord[] {
    const at = { nowMs, steadyMs };
    if (command.kind === 'ask') return [this.#record('state', at, this.#summary(at))];
    const taken = this.#memory.announced.filter(({ camera }) => camera === command.camera);
    this.#memory.announced = this.#memory.announced.filter((announced) => !taken.includes(announced));
    if (command.kind === 'cancel') {
      return taken.map((gone) => this.#record('cancelled', at, `${gone.sample} is not waited for any more`, gone));
    }
    const records = taken.map((gone) =>
      this.#record('replaced', at, `${gone.sample} did not come before ${command.sample} was announced`, gone),
    );
    const expiryMs = command.expiryMs ?? this.options.expiryMs;
    const announced: AnnouncedSample = {
      sample: command.sample,
      camera: command.camera,
      announcedAt: new Date(nowMs).toISOString(),
      expiresAt: new Date(nowMs + expiryMs).toISOString(),
    };
    this.#expiries.set(announced, steadyMs + expiryMs);
    this.#memory.announced.push(announced);
    const where = announced.camera === null ? '' : ` of ${announced.camera}`;
    return [...records, this.#record('announced', at, `The next part${where} is ${announced.sample}`, announced)];
  }

  /** Whether a frame shows an announced sample; one announced for its camera goes before one for any camera. */
  claim(frame: FrameTrace, nowMs: number, steadyMs = nowMs): Claim | undefined {
    const at = { nowMs, steadyMs };
    const waiting = this.#memory.announced.filter((announced) => this.#fits(announced, frame, at));
    const announced = waiting.find(({ camera }) => camera !== null) ?? waiting[0];
    const sample = this.options.samples.find(({ name }) => name === announced?.sample);
    return announced && sample && { announced, sample };
  }

  /** Why no part may be judged now, in one sentence; undefined: parts are judged. */
  hold(nowMs: number, steadyMs = nowMs): string | undefined {
    const isStopped = this.options.overdue === 'stop' && this.state(nowMs, steadyMs).stopped;
    return isStopped ? this.#summary({ nowMs, steadyMs }) : undefined;
  }

  /** How a claimed frame ended. A part that was not inspected is no check: its announcement stays. */
  ended(
    claim: Claim,
    verdict: VerdictRecord,
    differences: string[],
    nowMs: number,
    steadyMs = nowMs,
  ): GoldenRecord | undefined {
    const at = { nowMs, steadyMs };
    const { announced, sample } = claim;
    const result = goldenResult(structuredClone(sample), verdict, differences);
    if (verdict.verdict === 'NOT_INSPECTED') {
      if (this.#toldReasons.get(announced) === verdict.reason) return undefined;
      this.#toldReasons.set(announced, verdict.reason ?? '');
      const detail = `${sample.name} was not inspected (${verdict.reason}), so it is still to be checked`;
      return this.#record('not inspected', at, detail, announced, result);
    }
    const outcome = differences.length === 0 ? 'right' : 'wrong';
    const detail =
      outcome === 'right' ? `${sample.name} was judged as known` : `${sample.name}: ${differences.join('; ')}`;
    const time = new Date(nowMs).toISOString();
    this.#memory.announced = this.#memory.announced.filter((other) => other !== announced);
    if (outcome === 'right') this.#rightSteadyMs.set(sample.name, steadyMs);
    const rightAt = outcome === 'right' ? time : (this.#resultOf(sample.name)?.rightAt ?? null);
    const others = this.#memory.results.filter((result) => result.sample !== sample.name);
    this.#memory.results = [...others, { sample: sample.name, outcome, rightAt }];
    this.#memory.last = { sample: sample.name, camera: announced.camera, outcome, time, detail };
    return this.#record(outcome, at, detail, announced, result);
  }

  /** What time has brought: announcements that expired, checks that are due or overdue. */
  tick(nowMs: number, steadyMs = nowMs): GoldenRecord[] {
    const at = { nowMs, steadyMs };
    return [...this.#dropGone(at), ...this.#tellDue(at)];
  }

  /** When tick() has something to say again, ms since the epoch as the clock stands now; Infinity: never. */
  nextTickMs(nowMs: number, steadyMs = nowMs): number {
    const at = { nowMs, steadyMs };
    const times = this.#memory.announced.map((announced) => nowMs + this.#leftMs(announced, at));
    const due = this.#due(nowMs, steadyMs);
    if (due === null) times.push(...this.options.samples.map(({ name }) => this.#dueAtMs(name, at)));
    else {
      if (Number.isNaN(this.#dueToldMs)) times.push(nowMs);
      else if (this.options.reminderMs > 0) times.push(nowMs - steadyMs + this.#dueToldMs + this.options.reminderMs);
      if (!this.#overdueTold) times.push(due.sinceMs + this.options.graceMs);
    }
    return Math.min(...times, Infinity);
  }

  #dueAtMs(sample: string, { nowMs, steadyMs }: Moment): number {
    const asOfNow = (atSteadyMs: number): number => nowMs - (steadyMs - atSteadyMs);
    const { since } = this.#memory;
    const rightAt = this.#resultOf(sample)?.rightAt ?? null;
    const rightSteadyMs = this.#rightSteadyMs.get(sample);
    const earlierMs = rightAt === null ? undefined : Date.parse(rightAt);
    const rightMs = rightSteadyMs === undefined ? earlierMs : asOfNow(rightSteadyMs);
    const sinceMs = since === null ? nowMs : Date.parse(since);
    const askedMs = this.#sinceSteadyMs === undefined ? sinceMs : asOfNow(this.#sinceSteadyMs);
    return dueAtMs(this.options.schedule, rightMs, askedMs, nowMs);
  }

  #resultOf(sample: string): SampleResult | undefined {
    return this.#memory.results.find((result) => result.sample === sample);
  }

  /** Samples whose last result is wrong. */
  #wrong(): string[] {
    return this.#memory.results.filter(({ outcome }) => outcome === 'wrong').map(({ sample }) => sample);
  }

  #due(nowMs: number, steadyMs: number): { sinceMs: number; overdue: boolean; samples: string[] } | null {
    const due = this.options.samples
      .map(({ name }) => ({ name, atMs: this.#dueAtMs(name, { nowMs, steadyMs }) }))
      .filter(({ atMs }) => atMs <= nowMs);
    if (due.length === 0) return null;
    const sinceMs = Math.min(...due.map(({ atMs }) => atMs));
    return { sinceMs, overdue: nowMs - sinceMs >= this.options.graceMs, samples: due.map(({ name }) => name) };
  }

  /** How long an announcement is still waited for, ms. */
  #leftMs(announced: AnnouncedSample, { nowMs, steadyMs }: Moment): number {
    const expirySteadyMs = this.#expiries.get(announced);
    return expirySteadyMs === undefined ? Date.parse(announced.expiresAt) - nowMs : expirySteadyMs - steadyMs;
  }

  #dropGone(at: Moment): GoldenRecord[] {
    const records: GoldenRecord[] = [];
    for (const announced of [...this.#memory.announced]) {
      const known = this.options.samples.some(({ name }) => name === announced.sample);
      if (known && this.#leftMs(announced, at) > 0) continue;
      this.#memory.announced = this.#memory.announced.filter((other) => other !== announced);
      const detail = known
        ? `No part came for ${announced.sample}, announced at ${announced.announcedAt}`
        : `${announced.sample}, announced at ${announced.announcedAt}, is no longer in the list of golden samples`;
      records.push(this.#record(known ? 'expired' : 'lost', at, detail, announced));
    }
    return records;
  }

  #tellDue(at: Moment): GoldenRecord[] {
    const { nowMs, steadyMs } = at;
    const due = this.#due(nowMs, steadyMs);
    if (due === null) {
      this.#dueToldMs = NaN;
      this.#overdueTold = false;
      return [];
    }
    const records: GoldenRecord[] = [];
    const { reminderMs } = this.options;
    if (due.overdue && !this.#overdueTold) {
      this.#overdueTold = true;
      this.#dueToldMs = steadyMs;
      records.push(this.#record('overdue', at, this.#summary(at)));
    } else if (Number.isNaN(this.#dueToldMs) || (reminderMs > 0 && steadyMs - this.#dueToldMs >= reminderMs)) {
      this.#dueToldMs = steadyMs;
      records.push(this.#record('due', at, this.#summary(at)));
    }
    return records;
  }

  #fits(announced: AnnouncedSample, frame: FrameTrace, at: Moment): boolean {
    const { camera, announcedAt, sample } = announced;
    if (camera !== null && camera !== frame.source) return false;
    if (this.#leftMs(announced, at) <= 0 || !this.options.samples.some(({ name }) => name === sample)) return false;
    const earlierMs = frame.capturedAt === null ? 0 : Date.parse(announcedAt) - Date.parse(frame.capturedAt);
    return earlierMs <= 0 || earlierMs > ON_ITS_WAY_MS;
  }

  /** How things stand, in one sentence. */
  #summary({ nowMs, steadyMs }: Moment): string {
    const due = this.#due(nowMs, steadyMs);
    const wrong = this.#wrong();
    const sentences: string[] = [];
    if (wrong.length > 0) sentences.push(`judged wrong: ${wrong.join(', ')}`);
    if (due !== null) {
      const since = new Date(due.sinceMs).toISOString();
      sentences.push(`${due.overdue ? 'overdue' : 'due'} since ${since}: ${due.samples.join(', ')}`);
    }
    return sentences.length === 0 ? 'No golden sample is due' : `Golden samples ${sentences.join('; ')}`;
  }

  #record(
    event: GoldenEvent,
    { nowMs, steadyMs }: Moment,
    detail: string,
    about?: AnnouncedSample,
    result: GoldenResult | null = null,
  ): GoldenRecord {
    return {
      id: randomUUID(),
      event,
      time: new Date(nowMs).toISOString(),
      station: this.#station,
      sample: about?.sample ?? null,
      camera: about?.camera ?? null,
      detail: detail.slice(0, 1000),
      result,
      state: this.state(nowMs, steadyMs),
    };
  }
}
