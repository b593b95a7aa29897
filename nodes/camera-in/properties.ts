import { parseCameraUrl } from '../../src/camera/http/camera-url';
import { parseRegion } from '../../src/contract/view';
import { isDevice, isRpicam, LIMITS, SETTINGS_DEFAULTS, TRIGGERS } from '../../src/camera/settings';
import { defineProperties, fromFirstRelease, Refusal, type Raw } from '../shared/properties';
import {
  boolean,
  choice,
  credential,
  integer,
  number,
  optionalInteger,
  optionalNumber,
  parsed,
  path,
} from '../shared/property-kinds';

const NETWORK = { source: ['http', 'rtsp'] };
const SIZED = { source: ['rtsp', 'v4l2', 'rpicam'] };
const SCHEMES: Record<string, string[]> = { http: ['http', 'https'], rtsp: ['rtsp', 'rtsps'] };

const BOTH_SIDES = { what: 'both a width and a height', key: 'both-sides' };

/** Both sides or none; raw pictures need both. */
function side(other: string) {
  return {
    ...LIMITS.side,
    widthPx: 80,
    when: SIZED,
    checkBlank(others: Raw) {
      const hasOther = !['', undefined, null].includes(others[other] as string);
      const isRaw = others.format === 'rgb24' && others.source !== 'rpicam';
      if (hasOther || isRaw) throw new Refusal(BOTH_SIDES);
    },
  };
}

export const CAMERA_IN = defineProperties({
  type: 'camera-in',
  migrations: [fromFirstRelease],
  table: {
    source: choice({
      icon: 'camera',
      default: 'folder',
      choices: ['folder', 'simulator', 'http', 'rtsp', 'v4l2', 'rpicam'],
    }),
    path: path({ icon: 'folder-open', required: true, placeholder: '/home/pi/pictures', when: { source: ['folder'] } }),
    loop: boolean({ icon: 'repeat', default: true, when: { source: ['folder'] } }),
    look: choice({
      icon: 'paint-brush',
      default: 'binarised',
      choices: ['photo', 'binarised', 'mixed'],
      when: { source: ['simulator'] },
    }),
    defectRate: number({ icon: 'bug', default: 0.2, min: 0, max: 1, step: 0.05, when: { source: ['simulator'] } }),
    seed: integer({
      icon: 'random',
      default: 1,
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      when: { source: ['simulator'] },
    }),
    url: parsed({
      icon: 'globe',
      when: NETWORK,
      placeholder: 'http://192.168.1.64/snapshot.jpg',
      expects: { what: 'the url of the camera', key: 'camera-url' },
      parse: (url, { source }) => {
        parseCameraUrl(url, SCHEMES[String(source)] ?? []);
        return url;
      },
    }),
    user: credential({ icon: 'user', secret: false, when: NETWORK }),
    password: credential({ icon: 'lock', secret: true, when: NETWORK }),
    device: parsed({
      icon: 'usb',
      widthPx: 220,
      when: { source: ['v4l2', 'rpicam'] },
      expects: { what: 'a camera such as /dev/video0 or /dev/v4l/by-id/…, or the number of one', key: 'device' },
      parse: (device, { source }) => {
        if (source === 'rpicam') {
          if (device !== '' && !isRpicam(device))
            throw new Refusal({ what: 'the number of a camera, 0 to 9', key: 'rpicam' });
        } else if (!isDevice(device)) {
          throw new Refusal({ what: 'a camera such as /dev/video0 or /dev/v4l/by-id/…', key: 'v4l2' });
        }
        return device;
      },
    }),
    // empty: the source's usual one
    mode: choice({
      icon: 'film',
      default: '',
      choices: ['', 'snapshot', 'stream'],
      when: { source: ['http', 'rpicam'] },
    }),
    transport: choice({ icon: 'truck', default: 'tcp', choices: ['tcp', 'udp'], when: { source: ['rtsp'] } }),
    format: choice({
      icon: 'file-image-o',
      default: 'jpeg',
      choices: ['jpeg', 'rgb24'],
      when: { source: ['rtsp', 'v4l2'] },
    }),
    width: optionalInteger({ icon: 'arrows-alt', ...side('height') }),
    height: optionalInteger({ beside: '×', ...side('width') }),
    trigger: choice({ icon: 'bolt', default: SETTINGS_DEFAULTS.trigger, choices: TRIGGERS }),
    fps: number({ icon: 'clock-o', default: SETTINGS_DEFAULTS.fps, ...LIMITS.fps, when: { trigger: ['free-run'] } }),
    overload: choice({ icon: 'filter', default: SETTINGS_DEFAULTS.overload, choices: ['latest', 'every'] }),
    timeout: number({ icon: 'hourglass-half', default: SETTINGS_DEFAULTS.timeout, ...LIMITS.timeout, unit: 's' }),
    // empty: what is usual for the source
    delay: optionalNumber({
      icon: 'history',
      ...LIMITS.delay,
      unit: 'ms',
      when: { source: ['http', 'rtsp', 'v4l2', 'rpicam'] },
    }),
    rotate: choice({ icon: 'rotate-right', widthPx: 100, default: '0', choices: ['0', '90', '180', '270'] }),
    region: parsed({
      icon: 'crop',
      expects: { what: 'x, y, width, height in whole pixels, or nothing,', key: 'region' },
      parse: (region) => {
        parseRegion(region);
        return region;
      },
    }),
    maxSize: number({ icon: 'arrows-h', default: SETTINGS_DEFAULTS.maxSize, ...LIMITS.maxSize, unit: 'MB' }),
  },
});
