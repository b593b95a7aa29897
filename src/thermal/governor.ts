import { UNLIMITED_BUDGET, type Budget } from '../contract/budget';
import { THERMAL_LEVELS, type ThermalLevel } from '../contract/thermal';
import { GOVERNOR_DEFAULTS, type GovernorOptions } from './governor-options';
import { describeHeat } from './heat-text';
import { TrendWindow } from './trend';

export interface GovernorInput {
  /** A clock that never runs backwards, ms. */
  nowMs: number;
  /** Temperature of the SoC, °C; a plausible reading (see readers). */
  tempC: number;
  /** Inspections per second of late. */
  inspectedPerSecond: number;
  /** Inspections asked for per second of late. */
  offeredPerSecond: number;
}

export interface GovernorState {
  level: ThermalLevel;
  budget: Budget;
  /** True when this update changed the budget. */
  changed: boolean;
  /** Where the trend line is now, °C, and its slope, K per second: for decisions. People are shown the reading. */
  tempC: number;
  slopeKPerS: number;
}

/** The share of the unrestricted rate a start into heat begins with; from there it is raised as the trend allows. */
const SOFT_START_SHARE = 0.2;
/** A prediction this far above `soft` does not wait for the calm dwell, K. */
const STEEP_K = 5;
/** Standard errors that make a rise certain. With one look a second, 5 are passed by chance within weeks: one more. */
const SURE = 6;
/** A limit holds something back when at least this part of it is used: measured rates wander a little. */
const BINDING_PART = 0.8;
/** What a share of 1 is when nothing has been asked for yet, inspections per second: the least that is a rate at all. */
const UNKNOWN_RATE = 5;

/**
 * Holds a temperature by spending, in order and reversibly: shadow, inspection rate, threads, and at last everything.
 *
 * The rate follows a velocity-form PI controller on the predicted temperature P = T + slope · lead: every period,
 * share += (soft − P) / fullRateK. The slope makes it act before the heat is there, the sum finds the rate whose
 * steady state is `soft`, whatever the cooling. A share that is not used up does not rise, so nothing winds up, and it is made
 * known only when it has moved enough to matter. A fast rise towards `hard` is answered at once, outside the period.
 */
export class Governor {
  readonly options: GovernorOptions;
  #trend: TrendWindow;
  #urgentTrend: TrendWindow;
  #level = 0;
  /** Part of #reference that may be inspected, as the controller has it and as it was last made known. */
  #share = 1;
  #knownShare = 1;
  /** Whether the last change gave more of the rate. */
  #isRaised = false;
  /** What a share of 1 is: the rate when the limit came, inspections per second. */
  #reference = 0;
  #demand = 0;
  #seenMs = -Infinity;
  #changedMs = -Infinity;
  #controlledMs = -Infinity;
  #shadowBackMs = -Infinity;
  #shadowDwellS: number;
  #reason = '';
  #first = true;

  constructor(options: Partial<GovernorOptions> = {}) {
    this.options = { ...GOVERNOR_DEFAULTS, ...options };
    this.#trend = new TrendWindow(this.options.trendS * 1000);
    this.#urgentTrend = new TrendWindow(this.options.urgentTrendS * 1000);
    this.#shadowDwellS = this.options.dwellS;
  }

  get level(): ThermalLevel {
    return THERMAL_LEVELS[this.#level] as ThermalLevel;
  }

  /** One reading, about once a second; gives the state and the budget that follows from it. */
  update(input: GovernorInput): GovernorState {
    this.#trend.add(input.nowMs, input.tempC);
    this.#urgentTrend.add(input.nowMs, input.tempC);
    this.#followDemand(input);
    const { tempC, slopeKPerS } = this.#trend.trend() ?? { tempC: input.tempC, slopeKPerS: 0 };
    const changed = this.#decide(input, tempC, slopeKPerS);
    this.#first = false;
    if (changed) {
      this.#changedMs = input.nowMs;
      this.#isRaised = this.#share > this.#knownShare;
      this.#knownShare = this.#share;
    }
    // of now, and of what the sensor says: a trend is for deciding, a person compares the sentence with a thermometer
    this.#reason = this.#level === 0 ? '' : describeHeat(this.level, this.options, input.tempC, slopeKPerS);
    return { level: this.level, budget: this.#budget(), changed, tempC, slopeKPerS };
  }

  /** The most asked for of late: a line that stops for a minute comes back with the same demand. */
  #followDemand(input: GovernorInput): void {
    const forgotten = Math.exp(-this.#since(this.#seenMs, input) / this.options.demandMemoryS);
    this.#demand = Math.max(input.offeredPerSecond, input.inspectedPerSecond, this.#demand * forgotten);
    this.#seenMs = input.nowMs;
    if (this.#reference === 0) this.#reference = this.#demand;
  }

  #budget(): Budget {
    if (this.#level === 0) return { ...UNLIMITED_BUDGET };
    return {
      framesPerSecond: this.#level >= 2 ? this.#limit() : Infinity,
      threads: this.#level >= 3 ? this.options.reducedThreads : undefined,
      shadow: false,
      paused: this.#level === 4,
      reason: this.#reason,
    };
  }

  #decide(input: GovernorInput, tempC: number, slopeKPerS: number): boolean {
    const o = this.options;
    const recentC = this.#trend.recentC(o.recentS * 1000) ?? tempC;
    const predictedC = tempC + slopeKPerS * o.leadS;
    if (this.#level < 4 && this.#reachesHard(recentC)) return this.#pause(input);
    if (this.#level < 4 && this.#risesFast(input)) return this.#cut(input);
    if (this.#level === 0) return this.#fromFull(input, recentC, predictedC);
    if (this.#level === 1) return this.#fromShadowOff(input, recentC, predictedC);
    if (this.#since(this.#controlledMs, input) < o.dwellS) return false;
    this.#controlledMs = input.nowMs;
    if (this.#level === 4) return this.#resume(tempC, predictedC);
    return this.#adjustRate(input, tempC, predictedC);
  }

  #since(thenMs: number, input: GovernorInput): number {
    return (input.nowMs - thenMs) / 1000;
  }

  /** Near `hard` already, or there within the time of a jump of the die. The margin is for noise and delay. */
  #reachesHard(recentC: number): boolean {
    const o = this.options;
    const limitC = o.hardC - 0.2 * (o.hardC - o.softC);
    if (recentC >= limitC) return true;
    const trend = this.#urgentTrend.trend();
    return trend !== undefined && recentC > o.softC && trend.tempC + (trend.slopeKPerS * o.urgentTrendS) / 2 >= o.hardC;
  }

  /**
   * True when the short trend gets well beyond `soft` within its own length, and noise alone does not explain it. More
   * of the rate makes the die jump a little and then no further: such a jump is not taken for a course.
   */
  #risesFast(input: GovernorInput): boolean {
    const o = this.options;
    const jumpS = this.#isRaised ? 1.5 * o.urgentTrendS : o.urgentDwellS;
    if (this.#since(this.#changedMs, input) < jumpS) return false;
    const trend = this.#urgentTrend.trend();
    if (!trend || trend.slopeKPerS <= 0) return false;
    const beyondK = trend.tempC + trend.slopeKPerS * o.urgentTrendS - o.softC;
    return beyondK > 0.4 * (o.hardC - o.softC) && beyondK > SURE * trend.aheadErrorK;
  }

  /** How long the last change is given to show what it does, s. */
  #patienceS(predictedC: number): number {
    return predictedC > this.options.softC + STEEP_K ? this.options.urgentDwellS : this.options.dwellS;
  }

  #pause(input: GovernorInput): boolean {
    if (this.#level < 2) this.#startLimiting(input, SOFT_START_SHARE);
    this.#level = 4;
    this.#controlledMs = input.nowMs;
    return true;
  }

  #cut(input: GovernorInput): boolean {
    if (this.#level < 2) this.#startLimiting(input, 1);
    this.#share = Math.max(this.#share * 0.6, this.options.minShare);
    this.#controlledMs = input.nowMs;
    return true;
  }

  #fromFull(input: GovernorInput, recentC: number, predictedC: number): boolean {
    const o = this.options;
    const warm = recentC > o.softC - o.startBandK;
    if (recentC >= o.softC && this.#first) return this.#pause(input);
    if (recentC > o.hardC - o.jumpK && this.#first) {
      this.#startLimiting(input, SOFT_START_SHARE);
      return true;
    }
    if (!warm || predictedC <= o.softC || this.#since(this.#changedMs, input) < this.#patienceS(predictedC))
      return false;
    // Taken again soon after it was given back: it costs more heat than there is room for, so wait longer next time.
    const relapsed = this.#since(this.#shadowBackMs, input) < 2 * this.#shadowDwellS;
    this.#shadowDwellS = relapsed ? Math.min(this.#shadowDwellS * 2, o.maxBackOffS) : o.dwellS;
    this.#level = 1;
    return true;
  }

  #fromShadowOff(input: GovernorInput, recentC: number, predictedC: number): boolean {
    const o = this.options;
    const sinceS = this.#since(this.#changedMs, input);
    if (predictedC > o.softC && recentC > o.softC - o.startBandK && sinceS >= this.#patienceS(predictedC)) {
      this.#startLimiting(input, 1);
      this.#moveShare(input, predictedC);
      return true;
    }
    if (sinceS >= this.#shadowDwellS && Math.max(predictedC, recentC) < o.softC - o.hysteresisK) {
      this.#level = 0;
      this.#shadowBackMs = input.nowMs;
      return true;
    }
    return false;
  }

  #startLimiting(input: GovernorInput, share: number): void {
    this.#level = 2;
    // what is asked for may be more than the detector can do
    this.#reference = input.inspectedPerSecond || this.#demand;
    this.#share = share;
    this.#controlledMs = input.nowMs;
  }

  /** The limit in force, inspections per second. */
  #limit(): number {
    return this.#knownShare * (this.#reference || UNKNOWN_RATE);
  }

  /** True when the limit holds something back: only then more of it would be used. */
  #binds(input: GovernorInput): boolean {
    return input.inspectedPerSecond >= BINDING_PART * this.#limit();
  }

  /** The PI step; see the class. A share that is not used up may fall, not rise: that is the anti-windup. */
  #moveShare(input: GovernorInput, predictedC: number): void {
    const o = this.options;
    const wanted = this.#share + (o.softC - predictedC) / o.fullRateK;
    this.#share = Math.max(this.#binds(input) ? wanted : Math.min(wanted, this.#share), o.minShare);
  }

  #adjustRate(input: GovernorInput, tempC: number, predictedC: number): boolean {
    const o = this.options;
    if (this.#share <= o.minShare && predictedC > o.softC && tempC > o.softC + o.hysteresisK / 2)
      return this.#pause(input);
    const idle = !this.#binds(input) || this.#limit() >= this.#demand;
    this.#moveShare(input, predictedC);
    const level = this.#level;
    if (idle && predictedC < o.softC - o.hysteresisK) this.#level = level - 1;
    else if (level === 2 && this.#share <= o.threadsShare) this.#level = 3;
    else if (level === 3 && this.#share >= o.threadsBackShare) this.#level = 2;
    return level !== this.#level || Math.abs(this.#share / this.#knownShare - 1) >= o.leastRateChange;
  }

  #resume(tempC: number, predictedC: number): boolean {
    const o = this.options;
    if (tempC >= o.softC - o.hysteresisK / 4 || predictedC >= o.softC) return false;
    this.#level = 3;
    // What it was before may be what was too much.
    this.#share = Math.max(Math.min(this.#share / 2, o.threadsShare), o.minShare);
    return true;
  }
}
