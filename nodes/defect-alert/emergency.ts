import { AlertStation, type FrameInput, type Judgement } from '../../src/alert/station';
import { stationName, stationTopic } from '../../src/alert/judge/names';
import { DEFAULT_RULES, type AlertRules } from '../../src/alert/judge/rules';
import { readConfiguredRules, type DefectAlertDef } from './defect-alert-definition';

/** What the flow says, as far as it can be used. */
function usable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The rules of the flow; without those that cannot be read the least confidence; else the defaults, which let less pass. */
function usableRules(definition: DefectAlertDef): AlertRules {
  const withoutRules = { ...definition, rules: '' };
  return usable(
    () => readConfiguredRules(definition),
    usable(() => readConfiguredRules(withoutRules), DEFAULT_RULES),
  );
}

/**
 * Judges when nothing else can be had: settings that are refused, an outbox that cannot be opened (a read-only card), a
 * broker that is gone. Every part gets its verdict and its alerts by the node's outputs; nothing is kept or sent to a broker.
 */
export class EmergencyJudge {
  readonly #station: AlertStation;

  constructor(definition: DefectAlertDef) {
    const name = usable(() => stationName(definition.station), 'station-1');
    this.#station = new AlertStation(name, Date.now(), usableRules(definition));
  }

  get name(): string {
    return this.#station.name;
  }

  get alertTopic(): string {
    return stationTopic(this.name, 'alert');
  }

  judge(input: FrameInput): Judgement {
    return this.#station.judge(input, Date.now());
  }
}
