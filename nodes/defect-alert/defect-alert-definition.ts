import { join } from 'node:path';
import type { NodeDef } from 'node-red';
import { publishTopic, slug, stationName, stationTopic } from '../../src/alert/judge/names';
import { OVERDUE_ACTIONS, type GoldenOptions } from '../../src/alert/golden/check';
import { MAX_EXPIRY_MINUTES } from '../../src/alert/golden/command';
import { readSamples } from '../../src/alert/golden/samples';
import { readSchedule } from '../../src/alert/golden/schedule';
import { refuseStream } from '../../src/alert/station';
import { DEFAULT_RULES, readRules, type AlertRules } from '../../src/alert/judge/rules';
import type { ServiceOptions } from '../../src/alert/service';
import { sparkplugGroup } from '../../src/alert/announce/sparkplug';
import { LOG_FORMATS } from '../../src/alert/keep/verdict-log';
import { expected } from '../../src/contract/errors';
import { integerBetween, numberBetween, oneOf } from '../../src/contract/validate';

/** The node as the editor stores it. Flows of earlier versions lack the later properties. */
export interface DefectAlertDef extends NodeDef {
  station: string;
  topic: string;
  minConfidence: string | number;
  /** JSON text of the other rules. */
  rules?: string;
  /** Id of a core mqtt-broker node; empty: alerts leave by output 1 only. */
  broker?: string;
  /** Most alerts per second that are sent to the broker: no flood when it returns. */
  deliveryPerSecond?: string | number;
  publishVerdicts?: boolean;
  /** Discovery prefix; empty: no discovery. */
  homeAssistant?: string;
  /** Group id; empty: no Sparkplug. */
  sparkplugGroup?: string;
  evidence?: boolean;
  evidenceMaxFiles?: string | number;
  /** Begin of the address of pictures, for example http://192.168.1.20:1880; empty: from the root of the server. */
  evidenceBase?: string;
  thumbnail?: boolean;
  drawPerSecond?: string | number;
  /** Id of an inspection-model node whose process draws. */
  model?: string;
  log?: string;
  logFolder?: string;
  /** Rows of the dialog's list: { name, verdict, defects: [{ label, count, box }], others }. */
  goldenSamples?: unknown;
  goldenExpiryMinutes?: string | number;
  /** '', 'hours' or 'times'. */
  goldenSchedule?: string;
  goldenHours?: string | number;
  goldenTimes?: string;
  goldenReminderMinutes?: string | number;
  goldenGraceMinutes?: string | number;
  /** 'tell', 'alert' or 'stop'. */
  goldenOverdue?: string;
}

/** A number property; empty means its default. */
function orDefault(value: string | number | undefined, standard: number): string | number {
  return value === undefined || value === '' ? standard : value;
}

/** The rules of the dialog. @throws InspectionError BAD_ARGUMENT */
export function readConfiguredRules({ rules, minConfidence }: DefectAlertDef): AlertRules {
  const text = rules?.trim() ?? '';
  let parsed: unknown = {};
  if (text !== '') {
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = text;
    }
  }
  const base = minConfidence === undefined || minConfidence === '' ? DEFAULT_RULES : readRules({ minConfidence });
  return readRules(parsed, base);
}

const MS_PER_MINUTE = 60_000;
type MinutesProperty = 'goldenExpiryMinutes' | 'goldenReminderMinutes' | 'goldenGraceMinutes';

/** Undefined: no golden samples. */
function readGolden(definition: DefectAlertDef, rules: AlertRules): GoldenOptions | undefined {
  const samples = readSamples(definition.goldenSamples);
  const { goldenSchedule, goldenHours, goldenTimes } = definition;
  if (samples.length === 0) {
    if (goldenSchedule) throw expected('a golden sample in the list', 'goldenSchedule', goldenSchedule);
    return undefined;
  }
  refuseStream(rules);
  const minutes = (name: MinutesProperty, standard: number, min: number, max: number): number =>
    numberBetween(orDefault(definition[name], standard), name, min, max) * MS_PER_MINUTE;
  return {
    samples,
    schedule: readSchedule(goldenSchedule, goldenHours || undefined, goldenTimes || undefined),
    expiryMs: minutes('goldenExpiryMinutes', 10, 0.01, MAX_EXPIRY_MINUTES),
    reminderMs: minutes('goldenReminderMinutes', 15, 0, 1440),
    graceMs: minutes('goldenGraceMinutes', 30, 0, 10_080),
    overdue: oneOf(definition.goldenOverdue || 'tell', 'goldenOverdue', OVERDUE_ACTIONS),
  };
}

function readBase(value: string | undefined): string {
  const base = value?.trim() ?? '';
  if (base === '' || (/^https?:\/\/[^\s<>"]{1,200}$/.test(base) && URL.canParse(base))) return base.replace(/\/+$/, '');
  throw expected('an address such as http://192.168.1.20:1880', 'evidenceBase', value);
}

export interface Surroundings {
  /** Node-RED's user folder; undefined in tests without one. */
  userDir: string | undefined;
  /** Path that the admin endpoints begin with, with slashes at both ends. */
  adminRoot: string;
  version: string;
}

export interface ReadDefinition {
  service: ServiceOptions;
  evidence: { folder: string; maxFiles: number } | undefined;
}

/** Reads the whole definition, or throws with one sentence about the first property that does not fit. */
export function readDefinition(definition: DefectAlertDef, around: Surroundings): ReadDefinition {
  const station = stationName(definition.station);
  const folder =
    around.userDir === undefined ? undefined : join(around.userDir, 'inspection', 'defect-alert', slug(definition.id));
  const homeAssistant = definition.homeAssistant?.trim() ?? '';
  const group = definition.sparkplugGroup?.trim() ?? '';
  const base = readBase(definition.evidenceBase);
  const maxFiles = integerBetween(orDefault(definition.evidenceMaxFiles, 500), 'evidenceMaxFiles', 1, 100_000);
  const format = definition.log ? oneOf(definition.log, 'log', LOG_FORMATS) : undefined;
  const logFolder = definition.logFolder?.trim() || undefined;
  const rules = readConfiguredRules(definition);
  return {
    service: {
      station,
      alertTopic: publishTopic(definition.topic?.trim() || stationTopic(station, 'alert')),
      rules,
      golden: readGolden(definition, rules),
      folder,
      log: format === undefined ? undefined : { format, folder: logFolder },
      pictures: {
        keep: definition.evidence === true && folder !== undefined,
        thumbnail: definition.thumbnail === true,
        drawPerSecond: numberBetween(orDefault(definition.drawPerSecond, 0), 'drawPerSecond', 0, 30),
        urlOf: (name) => `${base}${around.adminRoot}inspection/evidence/${definition.id}/${name}`,
      },
      delivery: {
        perSecond: numberBetween(orDefault(definition.deliveryPerSecond, 50), 'deliveryPerSecond', 1, 10_000),
      },
      presence: {
        version: around.version,
        verdicts: definition.publishVerdicts !== false,
        homeAssistantPrefix: homeAssistant === '' ? undefined : publishTopic(homeAssistant, 'homeAssistant'),
        sparkplugGroup: group === '' ? undefined : sparkplugGroup(group),
      },
    },
    evidence: folder === undefined ? undefined : { folder: join(folder, 'evidence'), maxFiles },
  };
}
