import { readTimes, type OverdueAction } from '../../src/alert/golden/schedule';
import { MAX_EXPIRY_MINUTES } from '../../src/alert/golden/command';
import { readSamples } from '../../src/alert/golden/samples';
import { publishTopic, sparkplugGroup, stationName } from '../../src/alert/judge/names';
import { readRules } from '../../src/alert/judge/rules';
import type { LogFormat } from '../../src/alert/keep/verdict-log';
import { defineProperties, fromFirstRelease, Refusal, type ValuesOf } from '../shared/properties';
import {
  boolean,
  choice,
  integer,
  json,
  list,
  node,
  number,
  optionalNumber,
  parsed,
  path,
} from '../shared/property-kinds';

const TOPIC = { what: 'an MQTT topic without + # or control characters', key: 'topic' };
const ADDRESS = { what: 'an address such as http://192.168.1.20:1880', key: 'address' };

const WITH_BROKER = { broker: 'set' } as const;
const WITH_MODEL = { model: 'set' } as const;
const WITH_SAMPLES = { goldenSamples: 'set' } as const;
const SCHEDULED = { ...WITH_SAMPLES, goldenSchedule: ['hours', 'times'] } as const;

/** A topic, or nothing. */
function topic(text: string, name: string): string {
  return text === '' ? '' : publishTopic(text, name);
}

/** The begin of an address, without slashes at its end. */
function address(text: string): string {
  if (text === '' || (/^https?:\/\/[^\s<>"]{1,200}$/.test(text) && URL.canParse(text))) return text.replace(/\/+$/, '');
  throw new Refusal(ADDRESS);
}

export const DEFECT_ALERT = defineProperties({
  type: 'defect-alert',
  migrations: [fromFirstRelease],
  table: {
    station: parsed({
      icon: 'industry',
      default: 'station-1',
      required: true,
      expects: {
        what: 'a name of 1 to 64 letters, digits, spaces, dots, dashes or underscores that begins with a letter or digit',
        key: 'station',
      },
      parse: (name) => stationName(name),
    }),
    // empty: 0.25, which is below the thresholds of any model in use, so that those decide
    minConfidence: optionalNumber({ icon: 'sliders', min: 0, max: 1, step: 0.01, placeholder: '0.25' }),
    // 0: never
    silenceAfterSeconds: number({ icon: 'bell-slash-o', default: 60, min: 0, max: 604_800, step: 1, unit: 's' }),
    rules: json({ icon: 'gavel', check: (rules) => void readRules(rules) }),
    goldenSamples: list({ section: 'golden', icon: 'star', parse: (samples) => readSamples(samples) }),
    goldenExpiryMinutes: number({
      icon: 'hourglass-half',
      default: 10,
      min: 0.01,
      max: MAX_EXPIRY_MINUTES,
      unit: 'min',
      when: WITH_SAMPLES,
    }),
    goldenSchedule: choice({
      icon: 'calendar-check-o',
      default: '',
      choices: ['', 'hours', 'times'],
      when: WITH_SAMPLES,
    }),
    goldenHours: number({
      icon: 'clock-o',
      default: 8,
      min: 0.01,
      max: 8760,
      unit: 'h',
      when: { ...WITH_SAMPLES, goldenSchedule: ['hours'] },
    }),
    goldenTimes: parsed({
      icon: 'clock-o',
      default: '06:00, 14:00, 22:00',
      when: { ...WITH_SAMPLES, goldenSchedule: ['times'] },
      expects: { what: 'times of the day such as 06:00, 14:00, 22:00', key: 'times' },
      // empty: the usual shifts
      parse: (times) => readTimes(times || '06:00, 14:00, 22:00'),
    }),
    goldenReminderMinutes: number({
      icon: 'bell-o',
      default: 15,
      min: 0,
      max: 1440,
      step: 1,
      unit: 'min',
      when: SCHEDULED,
    }),
    goldenGraceMinutes: number({
      icon: 'clock-o',
      default: 30,
      min: 0,
      max: 10_080,
      step: 1,
      unit: 'min',
      when: SCHEDULED,
    }),
    goldenOverdue: choice({
      icon: 'hand-paper-o',
      default: 'tell',
      choices: ['tell', 'alert', 'stop'] as const satisfies readonly OverdueAction[],
      when: WITH_SAMPLES,
    }),
    topic: parsed({ section: 'mqtt', icon: 'tasks', expects: TOPIC, parse: (text) => topic(text, 'topic') }),
    // empty: alerts leave by output 1 only
    broker: node({ icon: 'globe', nodeType: 'mqtt-broker' }),
    publishVerdicts: boolean({ icon: 'check-square-o', default: true, when: WITH_BROKER }),
    // at most: no flood when the broker returns
    deliveryPerSecond: number({ icon: 'tachometer', default: 50, min: 1, max: 10_000, step: 1, when: WITH_BROKER }),
    // the discovery prefix
    homeAssistant: parsed({
      icon: 'home',
      expects: TOPIC,
      parse: (prefix) => topic(prefix, 'homeAssistant'),
      when: WITH_BROKER,
    }),
    sparkplugGroup: parsed({
      icon: 'sitemap',
      expects: { what: '1 to 64 characters without + / #', key: 'sparkplug-group' },
      parse: (group) => (group === '' ? '' : sparkplugGroup(group)),
      when: WITH_BROKER,
    }),
    // light and focus that change for good
    watchCameras: boolean({ section: 'pictures', icon: 'eye', default: false }),
    evidence: boolean({ icon: 'folder-open-o', default: false }),
    evidenceMaxFiles: integer({ icon: 'files-o', default: 500, min: 1, max: 100_000, when: { evidence: 'set' } }),
    // begin of the address of pictures; empty: from the root of the server
    evidenceBase: parsed({
      icon: 'link',
      placeholder: 'http://192.168.1.20:1880',
      expects: ADDRESS,
      parse: address,
      when: { evidence: 'set' },
    }),
    // its process draws
    model: node({ icon: 'paint-brush', nodeType: 'inspection-model' }),
    thumbnail: boolean({ icon: 'picture-o', default: false, when: WITH_MODEL }),
    drawPerSecond: number({ icon: 'television', default: 0, min: 0, max: 30, step: 0.5, when: WITH_MODEL }),
    log: choice({
      section: 'log',
      icon: 'table',
      default: '',
      choices: ['', 'csv', 'jsonl'] as const satisfies readonly ('' | LogFormat)[],
    }),
    // empty: the user folder
    logFolder: path({ icon: 'folder-o', when: { log: 'set' } }),
  },
});

/** The properties as the run time has them. */
export type DefectAlertConfig = ValuesOf<typeof DEFECT_ALERT.table>;
