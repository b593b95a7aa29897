import { InspectionError, messageOf } from '../../contract/errors';
import type { FrameInfo } from '../../contract/frame';
import { EvidenceFolder } from './evidence';
import type { Alert, VerdictRecord } from '../judge/messages';
import type { GoldenAlert } from '../golden/records';

/** What is to be drawn on a picture. */
export interface Drawing {
  verdict: VerdictRecord;
  /** The result is scaled down to this width, pixels; never up. */
  maxWidth: number;
  /** JPEG quality, 1 … 100. */
  quality: number;
}

/** Draws in another process: no pixels are touched in the host's. */
export type Renderer = (image: Uint8Array, frame: Partial<FrameInfo> | undefined, drawing: Drawing) => Promise<Buffer>;

export interface EvidencePictureOptions {
  /** Keep the picture of an alert and put its address into the alert. */
  keep: boolean;
  /** Put a small drawn picture into the alert. */
  thumbnail: boolean;
  /** Drawn pictures for dashboards per second; 0: none. */
  drawPerSecond: number;
  /** Address of a picture by its name. */
  urlOf(name: string): string;
}

/** A picture drawn for a dashboard: wide enough for a 10-inch panel. */
const DASHBOARD = { maxWidth: 960, quality: 80 };
const THUMBNAIL = { maxWidth: 240, quality: 60 };
/** A thumbnail rides on an alert, so it is left out rather than large. Bytes of JPEG; base64 makes 16 kB of them. */
const THUMBNAIL_MAX_BYTES = 12_000;
/** Alerts per second at most whose pictures are drawn; those beyond go without boxes and thumbnail. */
const DRAWN_PER_SECOND = 4;
/** A picture that takes longer is not waited for. */
const RENDER_TIMEOUT_MS = 2000;
/** A disk that takes longer is not waited for: the alert goes without its picture. */
const SAVE_TIMEOUT_MS = 2000;

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise,
      new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), timeoutMs))),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether it is time for one more at this many per second. */
class Pace {
  #lastMs = -Infinity;

  due(perSecond: number, steadyMs: number): boolean {
    if (perSecond <= 0 || steadyMs - this.#lastMs < 1000 / perSecond) return false;
    this.#lastMs = steadyMs;
    return true;
  }
}

/** The pictures that go with alerts and dashboards. Pictures are extras: when one fails, the alert goes without. */
export class Pictures {
  readonly #options: EvidencePictureOptions;
  readonly #folder: EvidenceFolder | undefined;
  readonly #render: Renderer | undefined;
  readonly #warn: (sentence: string) => void;
  readonly #dashboardPace = new Pace();
  readonly #drawnPace = new Pace();
  #drawing = false;

  constructor(
    options: EvidencePictureOptions,
    folder: EvidenceFolder | undefined,
    render: Renderer | undefined,
    warn: (sentence: string) => void,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#render = render;
    this.#warn = warn;
  }

  /** Whether illustrate() has anything to do. */
  get wanted(): boolean {
    return this.#options.keep || this.#options.thumbnail;
  }

  /** Adds the addresses of the picture, as it came and with its boxes, and a thumbnail, as far as they can be had. */
  async illustrate(
    alert: Alert | GoldenAlert,
    image: Uint8Array,
    frame: Partial<FrameInfo> | undefined,
    verdict: VerdictRecord,
  ): Promise<void> {
    const folder = this.#options.keep ? this.#folder : undefined;
    if (folder !== undefined) await this.#keep(alert, image, folder);
    if (this.#render === undefined || !this.#drawnPace.due(DRAWN_PER_SECOND, performance.now())) return;
    try {
      if (folder !== undefined && alert.evidence !== undefined) {
        const jpeg = await within(this.#render(image, frame, { verdict, ...DASHBOARD }), RENDER_TIMEOUT_MS);
        if (jpeg !== undefined) await this.#keepDrawn(alert, jpeg, folder);
      }
      if (!this.#options.thumbnail) return;
      const jpeg = await within(this.#render(image, frame, { verdict, ...THUMBNAIL }), RENDER_TIMEOUT_MS);
      if (jpeg !== undefined && jpeg.length > 0 && jpeg.length <= THUMBNAIL_MAX_BYTES) {
        alert.thumbnail = `data:image/jpeg;base64,${jpeg.toString('base64')}`;
      }
    } catch (error) {
      this.#tell(error);
    }
  }

  /** What a redeploy cut short is nothing that went wrong. */
  #tell(error: unknown): void {
    if (!(error instanceof InspectionError && error.code === 'CANCELLED')) this.#warn(messageOf(error));
  }

  /** A picture for the dashboard, if one is due and none is being drawn; else undefined. */
  async draw(
    image: Uint8Array,
    frame: Partial<FrameInfo> | undefined,
    verdict: VerdictRecord,
  ): Promise<Buffer | undefined> {
    if (this.#render === undefined || this.#drawing) return undefined;
    if (!this.#dashboardPace.due(this.#options.drawPerSecond, performance.now())) return undefined;
    this.#drawing = true;
    try {
      return await within(this.#render(image, frame, { verdict, ...DASHBOARD }), RENDER_TIMEOUT_MS);
    } catch (error) {
      this.#tell(error);
      return undefined;
    } finally {
      this.#drawing = false;
    }
  }

  /** The drawn picture lies in the folder before its address is told: it may fail to be written. */
  async #keepDrawn(alert: Alert | GoldenAlert, jpeg: Buffer, folder: EvidenceFolder): Promise<void> {
    const name = EvidenceFolder.nameFor(jpeg, alert.id, alert.time, true);
    if (name === undefined || alert.evidence === undefined) return;
    await folder.save(name, jpeg);
    alert.evidence.annotatedUrl = this.#options.urlOf(name);
  }

  /** The picture lies in the folder before its address is told; an alert whose picture could not be kept says why. */
  async #keep(alert: Alert | GoldenAlert, image: Uint8Array, folder: EvidenceFolder): Promise<void> {
    const name = EvidenceFolder.nameFor(image, alert.id, alert.time);
    if (name === undefined) return;
    try {
      const saved = await within(
        folder.save(name, image).then(() => true),
        SAVE_TIMEOUT_MS,
      );
      if (saved !== true) throw new Error(`The disk did not take the picture ${name} within ${SAVE_TIMEOUT_MS} ms`);
      alert.evidence = { url: this.#options.urlOf(name) };
    } catch (error) {
      alert.evidenceProblem = messageOf(error).slice(0, 300);
      this.#warn(messageOf(error));
    }
  }
}
