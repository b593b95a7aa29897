import { join } from 'node:path';
import { expected, messageOf } from '../contract/errors';
import type { FrameInfo } from '../contract/frame';
import type { AppendOptions } from '../kit/durable-file';
import { MAX_TIMER_MS, systemClock, type Clock } from '../kit/clock';
import type { BrokerPort } from './deliver/broker';
import { Delivery, type DeliveryOptions } from './deliver/delivery';
import type { EvidenceFolder } from './keep/evidence';
import type { Alert, VerdictRecord } from './judge/messages';
import { GoldenCheck, type GoldenOptions } from './golden/check';
import { GoldenDesk } from './golden/desk';
import type { CameraAlert } from './drift/camera-alert';
import { CameraDesk, readMeasures } from './drift/camera-desk';
import type { GoldenAlert, GoldenRecord } from './golden/records';
import { Outbox } from './deliver/outbox';
import { Pictures, type EvidencePictureOptions, type Renderer } from './keep/pictures';
import { Presence, statusOf, type PresenceOptions, type StatusMessage } from './announce/presence';
import type { AlertRules } from './judge/rules';
import { rulesId } from './judge/rules-id';
import { SilenceWatch } from './announce/silence';
import { StateFile } from './keep/state-file';
import { AlertStation, type FrameInput, type Judgement } from './station';
import { VerdictLog, type LogFormat } from './keep/verdict-log';

export interface ServiceOptions {
  station: string;
  alertTopic: string;
  rules: AlertRules;
  /** Where the station keeps its state, outbox and log; undefined: it keeps nothing. */
  folder?: string;
  log?: { format: LogFormat; folder?: string };
  pictures?: EvidencePictureOptions;
  presence?: Omit<PresenceOptions, 'station'>;
  delivery?: DeliveryOptions;
  outboxMaxBytes?: number;
  /** How outbox and log are written; see AppendFile. */
  file?: AppendOptions;
  /** Without a part for this long the station is silent, and says so; 0 or absent: never. */
  silenceAfterMs?: number;
  /** Absent: the station has no golden samples. */
  golden?: GoldenOptions;
  /** Whether the pictures of good parts are watched for light and focus that change. Default false. */
  watchCameras?: boolean;
}

export interface ServicePorts {
  /** An alert, when it is ready: for output 1. */
  alert(topic: string, alert: Alert | GoldenAlert | CameraAlert): void;
  /** Something about the golden samples, for output 2. */
  golden?(record: GoldenRecord): void;
  /** No part comes any more, or again: for output 2, status and metrics. */
  silence?(status: StatusMessage): void;
  /** A picture drawn for the dashboard. */
  picture(jpeg: Buffer, verdict: VerdictRecord): void;
  warn(sentence: string): void;
  /** Default: the machine's. */
  clock?: Clock;
  /** Names of the other stations that may be on the same broker; absent: there are none. */
  others?(): string[];
  broker?: BrokerPort;
  evidence?: EvidenceFolder;
  render?: Renderer;
}

export interface ServiceInput extends FrameInput {
  image?: unknown;
}

/** Counters are saved this often; a power cut costs no more than this of them. */
const COUNTERS_SAVE_MS = 5000;
/** The same complaint is not made more often than this. */
const WARN_EVERY_MS = 60_000;

/** The rules of the flow, or as changed by message before the restart. */
async function rulesToJudgeBy(
  { rules: configured, golden }: ServiceOptions,
  state: StateFile | undefined,
  warn: (sentence: string) => void,
): Promise<AlertRules> {
  // a disk that cannot be written is no reason not to judge
  const kept = await state?.rulesFor(configured).catch((error: unknown) => void warn(messageOf(error)));
  const rules = kept ?? configured;
  if (golden === undefined || rules.events.mode === 'part') return rules;
  warn(
    'The rules that were set by message are in stream mode, which has no golden samples: those of the flow count again',
  );
  return configured;
}

/** A station with everything around it: memory, outbox, broker, pictures, log. Without a flow, and without pixels. */
export class AlertService {
  readonly #options: ServiceOptions;
  readonly #ports: ServicePorts;
  readonly #clock: Clock;
  readonly #station: AlertStation;
  readonly #state: StateFile | undefined;
  readonly #outbox: Outbox | undefined;
  readonly #delivery: Delivery | undefined;
  readonly #presence: Presence | undefined;
  readonly #log: VerdictLog | undefined;
  readonly #pictures: Pictures;
  readonly #golden: GoldenDesk | undefined;
  readonly #goldenAlertTopic: string;
  readonly #silence: SilenceWatch;
  readonly #cameras: CameraDesk | undefined;
  /** Alerts become ready one after the other, so that a thumbnail never changes their order. */
  #alertChain: Promise<void> = Promise.resolve();
  #summaryTimer: NodeJS.Timeout | undefined;
  #saveTimer: NodeJS.Timeout | undefined;
  readonly #warned = new Map<string, number>();

  private constructor(
    options: ServiceOptions,
    ports: ServicePorts,
    parts: { rules: AlertRules; state?: StateFile; outbox?: Outbox; presence?: Presence; cameras?: CameraDesk },
  ) {
    this.#options = options;
    this.#ports = ports;
    const clock = ports.clock ?? systemClock;
    this.#clock = clock;
    this.#state = parts.state;
    this.#outbox = parts.outbox;
    this.#presence = parts.presence;
    this.#cameras = parts.cameras;
    const golden =
      options.golden &&
      new GoldenCheck(options.station, options.golden, parts.state?.state.golden, clock.wallMs(), clock.steadyMs());
    this.#station = new AlertStation(
      options.station,
      clock.wallMs(),
      parts.rules,
      parts.state?.state.counters ?? undefined,
      golden,
    );
    this.#goldenAlertTopic = `${options.alertTopic}/golden`;
    this.#golden = golden && this.#goldenDesk(golden);
    this.#silence = new SilenceWatch(options.silenceAfterMs ?? 0, (sinceMs) => {
      this.#presence?.silence(sinceMs);
      ports.silence?.(statusOf(options.station, 'online', Date.now(), sinceMs));
    });
    const logFolder = options.log?.folder ?? options.folder;
    if (options.log !== undefined && logFolder !== undefined) {
      this.#log = new VerdictLog({ folder: logFolder, format: options.log.format, file: options.file });
    }
    const pictures = options.pictures ?? { keep: false, thumbnail: false, drawPerSecond: 0, urlOf: (name) => name };
    this.#pictures = new Pictures(pictures, ports.evidence, ports.render, (sentence) => this.#warn(sentence));
    if (parts.outbox !== undefined && ports.broker !== undefined) {
      const delivery = new Delivery(parts.outbox, ports.broker, options.delivery, clock);
      this.#delivery = delivery;
      ports.broker.onConnection(() => delivery.wake());
    }
  }

  /** Opens the station's memory and its outbox; nothing is judged before. */
  static async start(options: ServiceOptions, ports: ServicePorts): Promise<AlertService> {
    const { folder } = options;
    const state = folder === undefined ? undefined : await StateFile.open(folder);
    // a disk that takes nothing costs the memory, not the station
    await state?.workFor(options.station).catch((error: unknown) => ports.warn(messageOf(error)));
    const { broker } = ports;
    const presence =
      broker === undefined || options.presence === undefined
        ? undefined
        : await Presence.start(
            { ...options.presence, station: options.station, golden: options.golden !== undefined },
            broker,
            state,
            ports,
          );
    const outbox =
      broker === undefined || folder === undefined
        ? undefined
        : await Outbox.open({ folder: join(folder, 'outbox'), maxBytes: options.outboxMaxBytes, file: options.file });
    if (outbox !== undefined && outbox.damaged > 0) {
      ports.warn(`The outbox had ${outbox.damaged} unreadable line(s): cut off by a crash, or spoilt on the disk`);
    }
    const rules = await rulesToJudgeBy(options, state, (sentence) => ports.warn(sentence));
    const cameras = options.watchCameras ? await CameraDesk.open(options.station, folder) : undefined;
    const service = new AlertService(options, ports, { rules, state, outbox, presence, cameras });
    service.#golden?.start();
    return service;
  }

  /** Whether parts come, and since when not. */
  get silence(): Pick<SilenceWatch, 'isSilent' | 'seconds'> {
    return this.#silence;
  }

  get station(): AlertStation {
    return this.#station;
  }

  /** Alerts that the broker does not have yet. */
  get undelivered(): number {
    return this.#outbox?.pending.length ?? 0;
  }

  /**
   * Judges one frame. The verdict is there at once; `settled` resolves when the alerts of the frame are on the disk and
   * handed on.
   */
  handle(input: ServiceInput): Judgement & { settled: Promise<void> } {
    const judgement = this.#station.judge(input, this.#clock.wallMs(), this.#clock.steadyMs());
    const { verdict, alerts } = judgement;
    this.#silence.partCame();
    this.#presence?.verdict(verdict);
    this.#log?.write(verdict).catch((error: unknown) => this.#warn(messageOf(error)));
    this.#draw(input, verdict);
    const issued = alerts.map((alert) => this.#issue(alert, this.#options.alertTopic, input, verdict));
    if (verdict.verdict === 'PASS' && judgement.golden === undefined) issued.push(...this.#watchCamera(input));
    if (judgement.golden !== undefined) issued.push(this.#goldenEnded(judgement.golden, input, verdict));
    this.#planSummary();
    this.#saveCountersSoon();
    return { ...judgement, settled: Promise.all(issued).then(() => undefined) };
  }

  /**
   * Changes the rules from the next frame on; `reset` takes those of the flow. `saved` resolves when the change is on the
   * disk.
   */
  changeRules(change: unknown): { rules: AlertRules; saved: Promise<void> | undefined } {
    const rules = change === 'reset' ? this.#station.setRules(this.#options.rules) : this.#station.changeRules(change);
    const changed = change === 'reset' ? null : rules;
    return { rules, saved: this.#state?.save({ rules: changed, changedFrom: rulesId(this.#options.rules) }) };
  }

  /**
   * Obeys a message about golden samples; resolves when it is remembered.
   *
   * @throws InspectionError BAD_ARGUMENT; nothing has changed then
   */
  async commandGolden(payload: unknown): Promise<void> {
    if (this.#golden === undefined) {
      throw expected('golden samples in the dialog of defect-alert', 'a message about them', 'none');
    }
    await this.#golden.command(payload);
  }

  /** What is wrong with cameras now; empty where none is watched. */
  get cameraTroubles(): Array<{ camera: string; trouble: string }> {
    return this.#cameras?.troubles ?? [];
  }

  /**
   * Learns anew what the pictures of good parts look like; resolves when that is on the disk.
   *
   * @throws InspectionError BAD_ARGUMENT where cameras are not watched
   */
  async relearnCameras(): Promise<void> {
    if (this.#cameras === undefined)
      throw expected('Watch cameras in the dialog of defect-alert', 'msg.cameras', 'learn');
    await this.#cameras.relearn();
  }

  async resetCounters(): Promise<void> {
    const counters = this.#station.resetCounters(this.#clock.wallMs());
    await this.#state?.save({ counters });
  }

  /** Says goodbye and closes everything; what the broker does not have stays on the disk. */
  async stop(): Promise<void> {
    clearTimeout(this.#summaryTimer);
    clearTimeout(this.#saveTimer);
    this.#silence.stop();
    await this.#golden?.stop().catch((error: unknown) => this.#warn(messageOf(error)));
    await this.#alertChain;
    this.#delivery?.stop();
    await this.#presence?.stop();
    await Promise.all([
      this.#outbox?.close(),
      this.#log?.close(),
      this.#cameras?.settled(),
      this.#state?.save({ counters: this.#station.counters }),
    ]);
  }

  #goldenDesk(check: GoldenCheck): GoldenDesk {
    return new GoldenDesk(
      check,
      {
        tell: (record) => {
          this.#presence?.golden(record);
          this.#ports.golden?.(structuredClone(record));
        },
        alert: (alert) => this.#hand(alert, this.#goldenAlertTopic),
        save: (golden) => this.#state?.save({ golden }) ?? Promise.resolve(),
        warn: (sentence) => this.#warn(sentence),
      },
      this.#clock,
    );
  }

  /** A good part shows how the camera is doing. */
  #watchCamera({ frame, inference }: ServiceInput): Array<Promise<void>> {
    const measures = this.#cameras && readMeasures(inference);
    if (this.#cameras === undefined || measures === undefined) return [];
    const alerts = this.#cameras.add(frame as Partial<FrameInfo> | undefined, measures, this.#clock.wallMs());
    return alerts.map((alert) => {
      this.#warn(alert.detail);
      return this.#hand(alert, `${this.#options.alertTopic}/camera`);
    });
  }

  async #goldenEnded(record: GoldenRecord, input: ServiceInput, verdict: VerdictRecord): Promise<void> {
    // the caller sends the verdict first, then comes what it means
    await Promise.resolve();
    await this.#golden?.hand([record], (alert) => this.#issue(alert, this.#goldenAlertTopic, input, verdict));
  }

  #issue(alert: Alert | GoldenAlert, topic: string, input: ServiceInput, verdict: VerdictRecord): Promise<void> {
    const { image } = input;
    if (!this.#pictures.wanted || !(image instanceof Uint8Array)) return this.#hand(alert, topic);
    const frame = input.frame as Partial<FrameInfo> | undefined;
    const illustrated = this.#alertChain.then(async () => {
      await this.#pictures.illustrate(alert, image, frame, verdict);
      await this.#hand(alert, topic);
    });
    this.#alertChain = illustrated.catch(() => undefined);
    return illustrated;
  }

  async #hand(alert: Alert | GoldenAlert | CameraAlert, topic: string): Promise<void> {
    // written down first: whoever gets the alert from the port may change it
    const payload = JSON.stringify(alert);
    this.#ports.alert(topic, alert);
    if (this.#outbox === undefined) return;
    const { dropped } = this.#outbox;
    const stored = this.#outbox.put({ topic, payload });
    if (this.#outbox.dropped > dropped) {
      this.#warn('The outbox is full: the oldest alerts were dropped, because the broker has been away for too long');
    }
    // not waiting for the disk: the broker may have it before, which is better still
    this.#delivery?.wake();
    await stored;
  }

  #draw(input: ServiceInput, verdict: VerdictRecord): void {
    if (!(input.image instanceof Uint8Array)) return;
    void this.#pictures.draw(input.image, input.frame as Partial<FrameInfo> | undefined, verdict).then((jpeg) => {
      if (jpeg !== undefined && jpeg.length > 0) this.#ports.picture(jpeg, verdict);
    });
  }

  #planSummary(): void {
    clearTimeout(this.#summaryTimer);
    const dueMs = this.#station.summaryDueMs;
    if (dueMs === undefined) return;
    const tell = (): void => {
      const alert = this.#station.summary(this.#clock.wallMs(), this.#clock.steadyMs());
      if (alert !== undefined)
        this.#hand(alert, this.#options.alertTopic).catch((error: unknown) => this.#warn(messageOf(error)));
      this.#planSummary();
    };
    const waitMs = Math.max(10, dueMs - this.#clock.steadyMs());
    this.#summaryTimer = setTimeout(tell, Math.min(MAX_TIMER_MS, waitMs));
  }

  #saveCountersSoon(): void {
    if (this.#state === undefined || this.#saveTimer !== undefined) return;
    const state = this.#state;
    this.#saveTimer = setTimeout(() => {
      this.#saveTimer = undefined;
      state.save({ counters: this.#station.counters }).catch((error: unknown) => this.#warn(messageOf(error)));
    }, COUNTERS_SAVE_MS);
    this.#saveTimer.unref();
  }

  #warn(sentence: string): void {
    const nowMs = this.#clock.steadyMs();
    if (nowMs - (this.#warned.get(sentence) ?? -Infinity) < WARN_EVERY_MS) return;
    if (this.#warned.size > 100) this.#warned.clear();
    this.#warned.set(sentence, nowMs);
    this.#ports.warn(sentence);
  }
}
