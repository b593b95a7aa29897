import { messageOf } from '../../contract/errors';
import { systemClock, type Clock } from '../../kit/clock';
import type { GoldenCheck } from './check';
import { readCommand } from './command';
import type { GoldenMemory } from './memory';
import { goldenAlert, type GoldenAlert, type GoldenRecord } from './records';

export interface GoldenPorts {
  /** Something happened: for output 2, the broker and the metrics. */
  tell(record: GoldenRecord): void;
  /** Resolves when the alert is on the disk and handed on. */
  alert(alert: GoldenAlert): Promise<void>;
  /** Resolves when it is on the disk. */
  save(memory: GoldenMemory): Promise<void>;
  warn(sentence: string): void;
}

/** The longest sleep: a clock that is set, or a machine that was asleep, is noticed after this, ms. */
const MAX_SLEEP_MS = 60_000;
const MIN_SLEEP_MS = 10;

/** Runs the golden samples of a station: obeys commands, minds the time, tells and remembers. */
export class GoldenDesk {
  readonly #check: GoldenCheck;
  readonly #ports: GoldenPorts;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(check: GoldenCheck, ports: GoldenPorts, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#check = check;
    this.#ports = ports;
  }

  /** Says what a restart has to say (what was announced and is gone, what is due), or else how things stand. */
  start(): void {
    if (!this.#mind())
      for (const record of this.#check.command({ kind: 'ask' }, ...this.#now())) this.#ports.tell(record);
  }

  /**
   * Obeys the payload of a command; resolves when it is remembered.
   *
   * @throws InspectionError BAD_ARGUMENT when it does not fit; nothing has changed then
   */
  async command(payload: unknown): Promise<void> {
    const command = readCommand(payload, this.#check.options.samples);
    await this.hand(this.#check.command(command, ...this.#now()));
  }

  /**
   * Tells records, raises their alerts, and remembers how things stand now.
   *
   * @param raise how alerts are raised where it is not the common way: with the picture of the part
   */
  async hand(
    records: readonly GoldenRecord[],
    raise = (alert: GoldenAlert): Promise<void> => this.#ports.alert(alert),
  ): Promise<void> {
    const alerts = records.flatMap((record) => goldenAlert(record, this.#check.options.overdue !== 'tell') ?? []);
    const saved = this.#ports.save(this.#check.memory);
    for (const record of records) this.#ports.tell(record);
    this.#plan();
    await Promise.all([saved, ...alerts.map(raise)]);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#ports.save(this.#check.memory);
  }

  #now(): [wallMs: number, steadyMs: number] {
    return [this.#clock.wallMs(), this.#clock.steadyMs()];
  }

  /** Whether there was something to tell. */
  #mind(): boolean {
    const records = this.#check.tick(...this.#now());
    if (records.length === 0) this.#plan();
    else this.hand(records).catch((error: unknown) => this.#ports.warn(messageOf(error)));
    return records.length > 0;
  }

  #plan(): void {
    clearTimeout(this.#timer);
    const [nowMs, steadyMs] = this.#now();
    const atMs = this.#check.nextTickMs(nowMs, steadyMs);
    if (this.#stopped || atMs === Infinity) return;
    this.#timer = setTimeout(() => this.#mind(), Math.min(MAX_SLEEP_MS, Math.max(MIN_SLEEP_MS, atMs - nowMs)));
    this.#timer.unref();
  }
}
