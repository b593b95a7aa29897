import { join } from 'node:path';
import type { GoldenOptions } from '../../src/alert/golden/check';
import type { GoldenSchedule } from '../../src/alert/golden/schedule';
import { slug, stationTopic } from '../../src/alert/judge/names';
import { DEFAULT_RULES, readRules, refuseStream, type AlertRules } from '../../src/alert/judge/rules';
import type { ServiceOptions } from '../../src/alert/service';
import { expected } from '../../src/contract/errors';
import type { DefectAlertConfig } from './properties';

const MS_PER_MINUTE = 60_000;

/** The rules of the dialog: its confidence, and on top of it what the other rules say. @throws InspectionError */
export function rulesOf({ rules, minConfidence }: Pick<DefectAlertConfig, 'rules' | 'minConfidence'>): AlertRules {
  const base = minConfidence === undefined ? DEFAULT_RULES : readRules({ minConfidence });
  return readRules(rules, base);
}

function scheduleOf({ goldenSchedule, goldenHours, goldenTimes }: DefectAlertConfig): GoldenSchedule {
  if (goldenSchedule === 'hours') return { kind: 'hours', hours: goldenHours };
  return goldenSchedule === 'times' ? { kind: 'times', minutesOfDay: goldenTimes } : { kind: 'none' };
}

/** Undefined: no golden samples. */
function goldenOf(config: DefectAlertConfig, rules: AlertRules, statedSchedule: unknown): GoldenOptions | undefined {
  if (config.goldenSamples.length === 0) {
    if (statedSchedule) throw expected('a golden sample in the list', 'goldenSchedule', statedSchedule);
    return undefined;
  }
  refuseStream(rules);
  return {
    samples: config.goldenSamples,
    schedule: scheduleOf(config),
    expiryMs: config.goldenExpiryMinutes * MS_PER_MINUTE,
    reminderMs: config.goldenReminderMinutes * MS_PER_MINUTE,
    graceMs: config.goldenGraceMinutes * MS_PER_MINUTE,
    overdue: config.goldenOverdue,
  };
}

/** What the options depend on beside the properties. */
export interface NodeSurroundings {
  /** The node's. */
  id: string;
  /** Node-RED's user folder; undefined in tests without one. */
  userDir: string | undefined;
  /** Path that the admin endpoints begin with, with slashes at both ends. */
  adminRoot: string;
  version: string;
  /** The schedule as it stands in the flow: one without samples would be silence. */
  statedSchedule: unknown;
}

/**
 * What the alert service is to do, by the properties of the node.
 *
 * @throws InspectionError with one sentence where properties do not go together
 */
export function serviceOptions(
  config: DefectAlertConfig,
  { id, userDir, adminRoot, version, statedSchedule }: NodeSurroundings,
): ServiceOptions {
  const { station, log, logFolder, evidence, evidenceBase } = config;
  const folder = userDir === undefined ? undefined : join(userDir, 'inspection', 'defect-alert', slug(id));
  const rules = rulesOf(config);
  return {
    station,
    alertTopic: config.topic || stationTopic(station, 'alert'),
    rules,
    golden: goldenOf(config, rules, statedSchedule),
    folder,
    log: log === '' ? undefined : { format: log, folder: logFolder || undefined },
    pictures: {
      keep: evidence && folder !== undefined,
      thumbnail: config.thumbnail,
      drawPerSecond: config.drawPerSecond,
      urlOf: (name) => `${evidenceBase}${adminRoot}inspection/evidence/${id}/${name}`,
    },
    silenceAfterMs: config.silenceAfterSeconds * 1000,
    watchCameras: config.watchCameras,
    delivery: { perSecond: config.deliveryPerSecond },
    presence: {
      version,
      verdicts: config.publishVerdicts,
      homeAssistantPrefix: config.homeAssistant || undefined,
      sparkplugGroup: config.sparkplugGroup || undefined,
    },
  };
}
