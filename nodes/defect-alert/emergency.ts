import { AlertStation, type FrameInput, type Judgement } from '../../src/alert/station';
import { stationTopic } from '../../src/alert/judge/names';
import { DEFAULT_RULES, type AlertRules } from '../../src/alert/judge/rules';
import { readValue, valueOf, type Property, type Raw } from '../shared/properties';
import { DEFECT_ALERT } from './properties';
import { rulesOf } from './service-options';
import { steadyNowMs } from '../../src/kit/clock';

const { station, rules, minConfidence } = DEFECT_ALERT.table;

/** What the flow says, as far as it can be used. */
function usable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The rules of the flow, without those that cannot be read: the defaults in their place let less pass. */
function usableRules(raw: Raw): AlertRules {
  const read = <T>(property: Property<T>, value: unknown, otherwise: T) =>
    usable(() => readValue(property, valueOf(property, value), 'it', raw), otherwise);
  const readable = {
    rules: read(rules, raw.rules, {}),
    minConfidence: read(minConfidence, raw.minConfidence, undefined),
  };
  return usable(() => rulesOf(readable), DEFAULT_RULES);
}

/**
 * Judges when nothing else can be had: settings that are refused, an outbox that cannot be opened (a read-only card), a
 * broker that is gone. Every part gets its verdict and its alerts by the node's outputs; nothing is kept or sent to a broker.
 */
export class EmergencyJudge {
  readonly #station: AlertStation;

  /** @param raw the properties as they stand in the flow, unchecked */
  constructor(raw: Raw) {
    const name = usable(() => readValue(station, valueOf(station, raw.station), 'it'), station.default as string);
    this.#station = new AlertStation(name, Date.now(), usableRules(raw));
  }

  get name(): string {
    return this.#station.name;
  }

  get alertTopic(): string {
    return stationTopic(this.name, 'alert');
  }

  judge(input: FrameInput): Judgement {
    return this.#station.judge(input, Date.now(), steadyNowMs());
  }
}
