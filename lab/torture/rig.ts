import { join } from 'node:path';
import type { BrokerPort } from '../../src/alert/deliver/broker';
import { EvidenceFolder } from '../../src/alert/keep/evidence';
import type { Alert } from '../../src/alert/judge/messages';
import { readRules } from '../../src/alert/judge/rules';
import { AlertService } from '../../src/alert/service';
import { steadyNowMs, type Clock } from '../../src/kit/clock';
import { FullDisk } from '../../test/helpers/full-disk';

/** `silent`: takes messages and never acknowledges them; `refusing`: every publish fails. */
export type BrokerMood = 'well' | 'gone' | 'silent' | 'refusing';

/** A broker that misbehaves on request, and keeps what arrived. */
export class MoodyBroker implements BrokerPort {
  /** Ids of what arrived, in order. */
  readonly arrived: string[] = [];
  #mood: BrokerMood = 'well';
  readonly #listeners: ((connected: boolean) => void)[] = [];
  #unanswered: (() => void)[] = [];

  get connected(): boolean {
    return this.#mood !== 'gone';
  }

  set mood(mood: BrokerMood) {
    this.#mood = mood;
    // a connection that comes back fails what was in flight, as MQTT.js does after its time
    for (const fail of this.#unanswered.splice(0)) fail();
    for (const listener of this.#listeners) listener(this.connected);
  }

  publish({ payload }: { payload: string }): Promise<void> {
    switch (this.#mood) {
      case 'well':
        this.arrived.push((JSON.parse(payload) as { id: string }).id);
        return Promise.resolve();
      case 'silent':
        return new Promise((_, reject) => this.#unanswered.push(() => reject(new Error('no acknowledgement'))));
      default:
        return Promise.reject(new Error('refused'));
    }
  }

  tell(): Promise<boolean> {
    return Promise.resolve(this.#mood === 'well');
  }

  setWill(): boolean {
    return true;
  }

  subscribe(): void {}

  onConnection(listener: (connected: boolean) => void): void {
    this.#listeners.push(listener);
    listener(this.connected);
  }
}

/** A station whose broker, disk and clock misbehave on request. */
export class StationRig {
  readonly broker = new MoodyBroker();
  readonly disk = new FullDisk(Infinity);
  /** What somebody has set the clock forward by, ms. */
  shiftMs = 0;
  readonly warnings = new Set<string>();
  /** Ids of alerts that were raised, in order. */
  readonly raised: string[] = [];
  /** Alerts that are linked to a picture. */
  readonly linked: Alert[] = [];
  /** Alerts that say that their picture could not be kept. */
  withoutPicture = 0;
  service!: AlertService;

  constructor(readonly folder: string) {}

  get evidenceFolder(): string {
    return join(this.folder, 'evidence');
  }

  async start(): Promise<void> {
    const clock: Clock = { wallMs: () => Date.now() + this.shiftMs, steadyMs: steadyNowMs };
    this.service = await AlertService.start(
      {
        station: 'rig',
        alertTopic: 'inspection/rig/alert',
        rules: readRules({ rateLimit: { alerts: 0, perMs: 1000 } }),
        folder: this.folder,
        log: { format: 'jsonl' },
        pictures: { keep: true, thumbnail: false, drawPerSecond: 0, urlOf: (name) => name },
        delivery: { perSecond: 5000, retryMs: 50, window: 32 },
        file: { open: this.disk.open, retryMs: 100 },
      },
      {
        alert: (_topic, alert) => {
          this.raised.push(alert.id);
          if ('evidenceProblem' in alert) this.withoutPicture += 1;
          else if ('evidence' in alert && alert.evidence) this.linked.push(alert as Alert);
        },
        picture: () => undefined,
        warn: (sentence) => this.warnings.add(sentence),
        clock,
        broker: this.broker,
        evidence: new EvidenceFolder({ folder: this.evidenceFolder, maxFiles: 1e6, maxBytes: 1e9 }, this.disk.disk),
      },
    );
  }

  /** Everything works again. */
  heal(): void {
    this.disk.roomBytes = Infinity;
    this.shiftMs = 0;
    this.broker.mood = 'well';
  }

  /** Ids as the broker got them first, in order. */
  get delivered(): string[] {
    return [...new Set(this.broker.arrived)];
  }
}
