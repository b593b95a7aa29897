import { InspectionError } from '../../contract/errors';
import { ask } from '../programs/ask';
import type { V4l2Setting } from './v4l2-settings';

/** A control that a USB camera has, as `v4l2-ctl --list-ctrls-menus` lists it. */
export interface V4l2Control {
  name: string;
  kind: string;
  min?: number;
  max?: number;
  step?: number;
  usual?: number;
  value?: number;
  /** Something automatic rules it now. */
  isInactive: boolean;
  /** Of a menu: what its numbers mean. */
  choices?: Record<string, string>;
}

const INSTALL = 'sudo apt install v4l-utils';

const LINE = /^\s*([a-z0-9_]+) 0x[0-9a-f]+ \((\w+)\)\s*: ?(.*)$/i;
const CHOICE = /^\s+(\d+): (.+)$/;

/** Reads the answer of `v4l2-ctl --list-ctrls-menus`. */
export function parseV4l2Controls(text: string): V4l2Control[] {
  const found: V4l2Control[] = [];
  for (const line of text.split('\n')) {
    const [, name, kind, rest = ''] = LINE.exec(line) ?? [];
    const [, number, words] = CHOICE.exec(line) ?? [];
    const last = found.at(-1);
    if (name !== undefined && kind !== undefined) {
      const of = (key: string) => {
        const value = new RegExp(`\\b${key}=(-?\\d+)`).exec(rest)?.[1];
        return value === undefined ? undefined : Number(value);
      };
      const isInactive = /flags=[^=]*inactive/.test(rest);
      const numbers = { min: of('min'), max: of('max'), step: of('step'), usual: of('default'), value: of('value') };
      found.push({ name, kind, ...numbers, isInactive });
    } else if (number !== undefined && words !== undefined && last !== undefined) {
      last.choices = { ...last.choices, [number]: words.trim() };
    }
  }
  return found;
}

/**
 * The controls that a camera has now.
 *
 * @param node its video node, checked
 * @throws InspectionError SOURCE_UNAVAILABLE with what to do
 */
export async function listV4l2Controls(node: string): Promise<V4l2Control[]> {
  const said = await ask('v4l2-ctl', ['--device', node, '--list-ctrls-menus']);
  if (said.failed === undefined) return parseV4l2Controls(said.stdout);
  throw unavailable(node, said.failed, said.stderr);
}

/** What rules others by itself goes first: while it is on, the driver refuses them (uvcvideo). */
function isAutomatic([name]: V4l2Setting): boolean {
  return /(^|_)auto(matic)?(_|$)/.test(name);
}

/**
 * Sets controls of a camera, one at a time and the automatic ones first: in one call the kernel checks an exposure
 * against the automatic that the same call ends, and refuses it.
 *
 * @throws InspectionError SOURCE_UNAVAILABLE naming the control that the camera does not take
 */
export async function applyV4l2Settings(node: string, settings: readonly V4l2Setting[]): Promise<void> {
  const ordered = [...settings].sort((a, b) => Number(isAutomatic(b)) - Number(isAutomatic(a)));
  for (const [name, value] of ordered) {
    const said = await ask('v4l2-ctl', ['--device', node, '--set-ctrl', `${name}=${value}`]);
    // some versions complain and end with status 0
    if (said.failed === undefined && said.stderr.trim() === '') continue;
    throw unavailable(node, said.failed ?? 'failed', said.stderr, `${name}=${value}`);
  }
}

const COMPLAINTS: ReadonlyArray<[RegExp, string]> = [
  [/unknown control/i, 'it has no such control'],
  [/Permission denied.*|Operation not permitted/i, 'something automatic rules it: set that to manual first'],
  [/Numerical result out of range|Invalid argument/i, 'the value is out of its range'],
  [/Device or resource busy/i, 'another program uses it'],
  [/Cannot open device|No such (file|device)/i, 'it is not there: plug it in, or choose another'],
];

function unavailable(node: string, failed: 'absent' | 'failed', stderr: string, setting?: string): InspectionError {
  if (failed === 'absent') {
    return new InspectionError(
      'SOURCE_UNAVAILABLE',
      `Expected the program v4l2-ctl but it is not installed: ${INSTALL}`,
    );
  }
  const why = COMPLAINTS.find(([pattern]) => pattern.test(stderr))?.[1] ?? (stderr.trim().slice(0, 160) || 'no answer');
  const what = setting === undefined ? 'tells no controls' : `does not take ${setting}`;
  return new InspectionError('SOURCE_UNAVAILABLE', `The camera at ${node} ${what}: ${why}`);
}
