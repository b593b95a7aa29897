import type { PictureMeasures } from '../../contract/picture-measures';
import { Chart, usualOf, type Usual } from './chart';

/** What has changed about a camera's pictures. */
export type CameraTrouble = 'darker' | 'brighter' | 'less sharp' | 'sharper' | 'more clipped';

/** What a watch has learned: kept over restarts, so that a dirty lens does not become the usual one. */
export interface LearnedCamera {
  bright: Usual;
  sharpness: Usual;
  clipped: Usual;
  /** Good parts it was learned on. */
  parts: number;
  /** ISO 8601. */
  learnedAt: string;
}

/** Good parts that a camera is learned on. */
export const LEARNING_PARTS = 200;

/** Brightness and sharpness count in ratios: half the light is as far as twice. */
const ratio = (value: number) => Math.log(Math.max(value, 1e-3));

/** One row per measure: its scale, its smallest spread, and what it means when it goes down or up. */
const CHARTS: Array<{
  name: 'bright' | 'sharpness' | 'clipped';
  scale: (value: number) => number;
  least: number;
  down?: CameraTrouble;
  up?: CameraTrouble;
}> = [
  { name: 'bright', scale: ratio, least: 0.02, down: 'darker', up: 'brighter' },
  { name: 'sharpness', scale: ratio, least: 0.03, down: 'less sharp', up: 'sharper' },
  { name: 'clipped', scale: (value) => value, least: 0.01, up: 'more clipped' },
];

/** What a watch says of one part. */
export interface CameraCall {
  trouble: CameraTrouble;
  /** Of the last parts, and what is usual; in the unit of the measure. */
  now: number;
  usual: number;
}

/** Parts whose mean is told with a call. */
const RECENT_PARTS = 20;

/**
 * Watches the pictures of good parts of one camera. It learns what is usual on the first parts, then calls when brightness,
 * sharpness or clipping have shifted for good, and stays silent about the same trouble until it is over or learned anew.
 */
export class CameraWatch {
  readonly #learning: PictureMeasures[] = [];
  readonly #recent: PictureMeasures[] = [];
  #learned: LearnedCamera | undefined;
  #charts: Chart[] = [];
  #troubles = new Map<CameraTrouble, number>();

  constructor(learned?: LearnedCamera) {
    if (learned !== undefined) this.#begin(learned);
  }

  /** Undefined while it learns. */
  get learned(): LearnedCamera | undefined {
    return this.#learned;
  }

  /** What is wrong now. */
  get troubles(): CameraTrouble[] {
    return [...this.#troubles.keys()];
  }

  /** Takes one good part. @param atMs for `learnedAt`, ms since 1970 @returns what has just become wrong */
  add(measures: PictureMeasures, atMs: number): CameraCall[] {
    this.#recent.push(measures);
    if (this.#recent.length > RECENT_PARTS) this.#recent.shift();
    const learned = this.#learned;
    if (learned === undefined) {
      this.#learn(measures, atMs);
      return [];
    }
    return CHARTS.flatMap((row, at) => this.#watch(row, at, learned, measures));
  }

  /** Forgets what is usual: the camera or the light was changed on purpose. */
  relearn(): void {
    this.#learned = undefined;
    this.#learning.length = 0;
    this.#troubles.clear();
  }

  #learn(measures: PictureMeasures, atMs: number): void {
    this.#learning.push(measures);
    if (this.#learning.length < LEARNING_PARTS) return;
    const usual = ({ name, scale, least }: (typeof CHARTS)[number]) =>
      usualOf(
        this.#learning.map((part) => scale(part[name])),
        least,
      );
    const [bright, sharpness, clipped] = CHARTS.map(usual) as [Usual, Usual, Usual];
    const learnedAt = new Date(atMs).toISOString();
    this.#begin({ bright, sharpness, clipped, parts: this.#learning.length, learnedAt });
    this.#learning.length = 0;
  }

  #begin(learned: LearnedCamera): void {
    this.#learned = learned;
    this.#charts = CHARTS.map(({ name }) => new Chart(learned[name]));
  }

  #watch(
    { name, scale, down, up }: (typeof CHARTS)[number],
    at: number,
    learned: LearnedCamera,
    measures: PictureMeasures,
  ): CameraCall[] {
    const direction = this.#charts[at]?.add(scale(measures[name])) ?? 0;
    const trouble = direction < 0 ? down : direction > 0 ? up : undefined;
    this.#endTroubles(name, scale, learned, [down, up]);
    if (trouble === undefined) return [];
    this.#charts[at]?.reset();
    const isNew = !this.#troubles.has(trouble);
    this.#troubles.set(trouble, 0);
    if (!isNew) return [];
    const { centre } = learned[name];
    return [{ trouble, now: this.#mean(name), usual: scale === ratio ? Math.exp(centre) : centre }];
  }

  /** A trouble is over when over as many parts in a row as are looked back at their mean was as usual, well within the spread. */
  #endTroubles(
    name: (typeof CHARTS)[number]['name'],
    scale: (value: number) => number,
    learned: LearnedCamera,
    names: Array<CameraTrouble | undefined>,
  ): void {
    const { centre, spread } = learned[name];
    const isUsual = Math.abs(scale(this.#mean(name)) - centre) <= spread / 2;
    for (const trouble of names) {
      if (trouble === undefined || !this.#troubles.has(trouble)) continue;
      const calm = isUsual ? (this.#troubles.get(trouble) ?? 0) + 1 : 0;
      if (calm >= RECENT_PARTS) this.#troubles.delete(trouble);
      else this.#troubles.set(trouble, calm);
    }
  }

  #mean(name: (typeof CHARTS)[number]['name']): number {
    return this.#recent.reduce((sum, part) => sum + part[name], 0) / this.#recent.length;
  }
}
