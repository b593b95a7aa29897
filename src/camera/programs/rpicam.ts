import { InspectionError } from '../../contract/errors';
import type { ChildEnd, ChildOptions } from './child';

/** The programs were renamed in Raspberry Pi OS Bookworm (November 2023); older systems have the old names. */
export const RPICAM_VID = ['rpicam-vid', 'libcamera-vid'] as const;
export const RPICAM_STILL = ['rpicam-still', 'libcamera-still'] as const;
const INSTALL = 'sudo apt install rpicam-apps';

/** What the programs' complaints mean, first match wins. */
const COMPLAINTS: ReadonlyArray<[RegExp, string]> = [
  [/no cameras available/i, 'no camera is found: check the ribbon cable at both ends, then restart the Pi'],
  [/selected camera is not available|camera number/i, 'it has no such number: see the list of cameras in the dialog'],
  [/Pipeline handler in use|Device or resource busy|failed to acquire camera/i, 'another program uses it: close that'],
  [
    /Permission denied/i,
    'access is denied: add the user this runs as to the group video (sudo usermod -aG video USER), then restart',
  ],
  [/Camera frontend has timed out|Dequeue timer .* expired/i, 'it has stopped answering: check its ribbon cable'],
  [
    /failed to import fd|Unable to (request|allocate)|Cannot allocate memory/i,
    'memory for its pictures is short: lower the size',
  ],
];

function explain(camera: number): (end: ChildEnd) => InspectionError {
  return ({ program, stderr, code, signal }) => {
    const complaint = COMPLAINTS.find(([pattern]) => pattern.test(stderr))?.[1];
    const lastLine = stderr.trim().split('\n').at(-1) ?? '';
    const end = signal === null ? `${program} ended with status ${code}` : `${program} was ended by ${signal}`;
    const what = complaint ?? (lastLine === '' ? end : `${end} (${lastLine.slice(0, 160)})`);
    return new InspectionError('SOURCE_UNAVAILABLE', `The Pi camera ${camera} gives no pictures: ${what}`);
  };
}

/** One of the programs above for a camera, with what its complaints mean. */
export function rpicamProgram(camera: number, programs: readonly string[], args: string[]): ChildOptions {
  return { programs, args, install: INSTALL, explain: explain(camera) };
}
