import { parseCameraUrl } from '../../src/camera/http/camera-url';
import {
  FOCUSES,
  HDRS,
  parseSensorRegion,
  parseTuningFile,
  RPICAM_LIMITS,
  WHITE_BALANCES,
} from '../../src/camera/controls/rpicam';
import { parseV4l2Settings, PIXEL_FORMATS } from '../../src/camera/controls/v4l2-settings';
import { isDevice, isRpicam, LIMITS, SETTINGS_DEFAULTS, TRIGGERS } from '../../src/camera/settings';
import { parseRegion } from '../../src/contract/view';
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

const USB = { source: ['v4l2'] };
const PI = { source: ['rpicam'] };

/** An exposure must fit between two pictures. */
function checkShutter(shutter: number, { cameraFps, fps, trigger, mode }: Raw): void {
  const asked = trigger === 'message' || mode === 'snapshot' ? 0 : Number(fps ?? SETTINGS_DEFAULTS.fps);
  const rate = Number(cameraFps) || asked;
  if (rate > 0 && shutter > 1e6 / rate) {
    const most = Math.floor(1e6 / rate);
    throw new Refusal({
      what: `at most ${most} µs at ${rate} pictures a second`,
      key: 'shutter',
      values: { most, rate },
    });
  }
}

const BOTH_GAINS = { what: 'a number for red and one for blue', key: 'both-gains' };

function colourGain(beside?: string) {
  return optionalNumber({
    ...(beside === undefined ? { icon: 'paint-brush' } : { beside }),
    ...RPICAM_LIMITS.colourGain,
    widthPx: 80,
    when: { source: ['rpicam'], whiteBalance: ['fixed'] },
    checkBlank: () => {
      throw new Refusal(BOTH_GAINS);
    },
  });
}

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
    // blank: every part is another board
    design: optionalInteger({
      icon: 'clone',
      min: 0,
      max: Number.MAX_SAFE_INTEGER,
      when: { source: ['simulator'] },
    }),
    shift: number({ icon: 'arrows', default: 0, min: 0, max: 0.25, step: 0.05, when: { source: ['simulator'] } }),
    turn: number({ icon: 'undo', default: 0, min: 0, max: 180, unit: 'degrees', when: { source: ['simulator'] } }),
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
    // how the camera sees: what is empty is as the camera likes it
    pixelFormat: choice({ icon: 'th', section: 'controls', default: 'mjpeg', choices: PIXEL_FORMATS, when: USB }),
    controls: parsed({
      icon: 'sliders',
      when: USB,
      expects: { what: 'control=number, separated by commas,', key: 'v4l2-controls' },
      parse: (controls) => {
        parseV4l2Settings(controls);
        return controls;
      },
    }),
    shutter: optionalInteger({
      icon: 'sun-o',
      ...RPICAM_LIMITS.shutter,
      unit: 'µs',
      when: PI,
      check: (shutter, others) => checkShutter(shutter, others),
    }),
    gain: optionalNumber({ icon: 'signal', ...RPICAM_LIMITS.gain, when: PI }),
    whiteBalance: choice({ icon: 'adjust', default: '', choices: WHITE_BALANCES, when: PI }),
    redGain: colourGain(),
    blueGain: colourGain('/'),
    focus: choice({ icon: 'crosshairs', default: '', choices: FOCUSES, when: PI }),
    lensPosition: optionalNumber({
      icon: 'bullseye',
      ...RPICAM_LIMITS.lensPosition,
      unit: 'dpt',
      when: { source: ['rpicam'], focus: ['manual'] },
    }),
    hdr: choice({ icon: 'star-half-o', default: '', choices: HDRS, when: PI }),
    cameraFps: optionalNumber({ icon: 'tachometer', ...RPICAM_LIMITS.cameraFps, when: PI }),
    sensorRegion: parsed({
      icon: 'object-group',
      when: PI,
      expects: { what: 'x, y, width, height as fractions of the sensor (0 … 1), or nothing,', key: 'sensor-region' },
      parse: (region) => {
        parseSensorRegion(region);
        return region;
      },
    }),
    tuningFile: parsed({
      icon: 'file-text-o',
      when: PI,
      expects: { what: 'the path of a tuning file, or nothing,', key: 'tuning-file' },
      parse: (file) => {
        parseTuningFile(file);
        return file;
      },
    }),
    trigger: choice({ icon: 'bolt', section: 'pictures', default: SETTINGS_DEFAULTS.trigger, choices: TRIGGERS }),
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
