/**
 * Hostile texts and values in every property of every node (from the tables that dialogs and run time read) and in every field
 * of a message: each has to be taken or refused in one sentence, every part gets its verdict by the schema, nothing is executed,
 * and no prototype changes.
 *
 * Usage: npm run lab -- torture-strings [11000] [--seed 1]
 */
import { NMS } from '../../nodes/nms/properties';
import { CAMERA_IN } from '../../nodes/camera-in/properties';
import { DEFECT_ALERT } from '../../nodes/defect-alert/properties';
import { INSPECTION_MODEL } from '../../nodes/inspection-model/properties';
import { MODEL_CALIBRATE } from '../../nodes/model-calibrate/properties';
import { MODEL_SHADOW } from '../../nodes/model-shadow/properties';
import { THERMAL_GUARD } from '../../nodes/thermal-guard/properties';
import { YOLO_INT8_DETECT } from '../../nodes/yolo-int8-detect/properties';
import { readProperties, type NodeProperties } from '../../nodes/shared/properties';
import { readRules } from '../../src/alert/judge/rules';
import { AlertStation } from '../../src/alert/station';
import { asDetections } from '../../src/contract/check-detections';
import { InspectionError, messageOf } from '../../src/contract/errors';
import { nms } from '../../src/detect/nms';
import { Random } from '../../src/kit/random';
import { detection, FRAME, INFERENCE } from '../../test/alert/fixtures';
import { shippedSchemas } from '../../test/alert/schemas';
import { HOSTILE_VALUES, pathsOf, put } from './mutate';
import { HANG_MS, runTorture, Tally, type Row, type TortureOptions } from './harness';

const NODES: readonly NodeProperties[] = [
  ...[CAMERA_IN, DEFECT_ALERT, INSPECTION_MODEL, MODEL_CALIBRATE, MODEL_SHADOW, NMS, THERMAL_GUARD, YOLO_INT8_DETECT],
];

/** Set by text that was run. */
const CANARY = 'tortureCanary';

const HOSTILE_TEXTS: readonly unknown[] = [
  ...HOSTILE_VALUES,
  ...[
    `globalThis.${CANARY} = 1`,
    `\${globalThis.${CANARY} = 1}`,
    `{{constructor.constructor('globalThis.${CANARY}=1')()}}`,
  ],
  ...['$(touch /tmp/x)', '`id`', '; rm -rf /', '| cat', '-rf', '--help', '%n%s%x', "' OR 1=1 --", '=HYPERLINK("x")'],
  ...[
    '../'.repeat(50),
    '/proc/self/mem',
    'file:///etc/passwd',
    'http://user:pass@host/',
    'javascript:alert(1)',
    '#',
    '+',
    '/',
  ],
  ...['[1,2', '{"a":', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}', '[[[[[[]]]]]]'],
  ...[
    '(a+)+$',
    'a'.repeat(50) + '!',
    '\r\nSet-Cookie: x',
    '\u202e',
    '\ufeff',
    'ı',
    '٣',
    '１２',
    '0x10',
    '1_000',
    '1,5',
  ],
  ...[Symbol('x'), () => 1, new Date(NaN), Buffer.alloc(3), 10n, JSON.parse('{"__proto__":{"polluted":1}}') as unknown],
];

function isClean(): boolean {
  return !(CANARY in globalThis) && !('polluted' in {}) && Object.keys(Object.prototype).length === 0;
}

function watch(tally: Tally, what: string, work: () => void): void {
  const start = performance.now();
  try {
    work();
  } catch (error) {
    const text = messageOf(error);
    if (!(error instanceof InspectionError)) tally.fault(`${what}: no error of ours, ${text.slice(0, 150)}`);
    // eslint-disable-next-line no-control-regex
    else if (text.length > 1000 || /[\u0000-\u0008\n\r]/.test(text)) tally.fault(`${what}: ${text.slice(0, 150)}`);
  }
  tally.check(performance.now() - start < HANG_MS, `${what}: took more than ${HANG_MS / 1000} s`);
  tally.check(isClean(), `${what}: something was executed, or a prototype has changed`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 30)) : typeof value;
}

function properties(count: number, random: Random): Row {
  const tally = new Tally('hostile properties');
  const all = NODES.flatMap((node) => Object.keys(node.table).map((name) => ({ node, name })));
  tally.warm();
  const cases = random
    .shuffled(all.flatMap((one) => HOSTILE_TEXTS.map((value) => ({ ...one, value }))))
    .slice(0, count);
  for (const { node, name, value } of cases) {
    tally.count += 1;
    watch(tally, `${node.type}.${name} = ${show(value)}`, () => readProperties(node, { [name]: value }));
  }
  return tally.row();
}

function messages(count: number, random: Random): Row {
  const tally = new Tally('hostile messages');
  const validate = shippedSchemas()['inspection-verdict'];
  const rules = readRules({
    zones: [
      {
        name: 'z',
        kind: 'include',
        points: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      },
    ],
  });
  const station = new AlertStation('s', Date.now(), rules);
  const message = { payload: [detection()], frame: { ...FRAME, width: 640, height: 480 }, inference: INFERENCE };
  const paths = [...pathsOf(message), ['notInspected'], ['notInspected', 'reason']];
  tally.warm();
  let verdicts = 0;
  for (let i = 0; i < count; i++) {
    tally.count += 1;
    const broken = structuredClone({ ...message, ...(random.chance(0.2) && { notInspected: { reason: 'timeout' } }) });
    const path = paths[i % paths.length]!;
    const value = random.pick(HOSTILE_TEXTS);
    if (path[0] !== 'notInspected' || 'notInspected' in broken) put(broken, path, value);
    const what = `${path.join('.')} = ${show(value)}`;
    watch(tally, what, () => {
      const { verdict } = station.judge(broken, Date.now());
      verdicts += 1;
      const wire = JSON.parse(JSON.stringify(verdict)) as unknown;
      tally.check(validate(wire), `${what}: ${JSON.stringify(validate.errors?.[0])}`);
    });
    watch(tally, `nms: ${what}`, () => void nms(asDetections(broken.payload, 'msg.payload')));
  }
  tally.lost += count - verdicts;
  const { triggers, pass, fail, notInspected } = station.counters;
  tally.check(triggers === count && pass + fail + notInspected === count, 'The counters do not add up');
  return tally.row();
}

export function tortureStrings({ count, seed }: TortureOptions): Promise<Row[]> {
  const random = new Random('torture strings', seed);
  const half = Math.ceil(count / 2);
  return Promise.resolve([properties(half, random), messages(half, random)]);
}

if (require.main === module) void runTorture(tortureStrings, 11_000);
