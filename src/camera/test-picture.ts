import { InspectionError } from '../contract/errors';
import type { FrameFormat } from '../contract/frame';
import type { Camera } from './camera';
import type { Credentials } from './http/camera-url';
import type { Picture } from './sources/source';
import { filled } from './settings';
import { planCamera, type CameraPlan } from './table';
import { steadyNowMs, wallOf } from '../kit/clock';

/** A camera at work and the properties it works with. */
export interface Deployed {
  camera: Camera;
  raw: Record<string, unknown>;
  credentials: Credentials;
}

/** One picture for a dialog. */
export interface TestPicture {
  frame: { width: number; height: number; format: FrameFormat; capturedAt: string };
  /** A data url. */
  image: string;
  /** Time from the request to the picture, ms. */
  tookMs: number;
}

/** What the editor shows in place of a stored password. */
const KEPT_PASSWORD = '__PWRD__';
/** Longest time that a dialog waits, ms. */
const MAX_WAIT_MS = 15_000;
/** Largest picture that is sent to a dialog, bytes. */
const MAX_SHOWN_BYTES = 16 * 1024 * 1024;

/** Instead of what the dialog has: raw pixels, or a part of the picture, are nothing that it could show. */
export const AS_SHOWN = { format: 'jpeg', trigger: 'message', region: '' } as const;

/** Properties that say which device is opened, and how; with what an empty one means. */
const STREAM_PROPERTIES = {
  source: '',
  url: '',
  device: '',
  mode: '',
  transport: 'tcp',
  width: '',
  height: '',
  format: 'jpeg',
  pixelFormat: 'mjpeg',
  controls: '',
  shutter: '',
  gain: '',
  whiteBalance: '',
  redGain: '',
  blueGain: '',
  focus: '',
  lensPosition: '',
  hdr: '',
  cameraFps: '',
  sensorRegion: '',
  tuningFile: '',
} as const;

/** Dialogs give strings where flows may hold numbers, and empty fields where they hold nothing. */
function isSameStream(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return Object.entries(STREAM_PROPERTIES).every(([name, usual]) => {
    const [left, right] = [a, b].map((raw) => JSON.stringify(filled(raw[name]) ?? usual).replaceAll('"', ''));
    return left === right;
  });
}

/** Whether both want the same device, whatever they want of it. */
function isSameDevice(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  return (
    a.source === b.source && (a.source === 'v4l2' || a.source === 'rpicam') && filled(a.device) === filled(b.device)
  );
}

/** Schemes that a password may go over instead of the one it was stored for: the same one under TLS. */
const SAFER: Readonly<Record<string, string>> = { 'http:': 'https:', 'rtsp:': 'rtsps:' };

/** Whether a password stored for one url may go to another: the same host, and nobody on the way who could not read before. */
function mayGoTo(stored: unknown, asked: unknown): boolean {
  const [from, to] = [stored, asked].map((url) =>
    typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined,
  );
  // sources without a url have no host to go to
  if (!from || !to) return !from && !to;
  return from.host === to.host && (from.protocol === to.protocol || SAFER[from.protocol] === to.protocol);
}

/**
 * The credentials for a test: those typed, or the stored ones. A stored password goes to the host it was stored for only,
 * and never in the open when it was stored for TLS: a dialog must not be a way to have it sent elsewhere.
 */
function credentialsFor(raw: Record<string, unknown>, deployed: Deployed | undefined): Credentials {
  const user = typeof raw.user === 'string' ? raw.user : undefined;
  const typed = typeof raw.password === 'string' ? raw.password : '';
  if (typed !== KEPT_PASSWORD) return { user, password: typed };
  const isForIt = deployed !== undefined && mayGoTo(deployed.raw.url, raw.url);
  // a dialog of another node has no user to type: the stored one goes with its password
  return isForIt
    ? { user: user ?? deployed.credentials.user, password: deployed.credentials.password }
    : { user, password: '' };
}

async function takeFresh(plan: CameraPlan, timeoutMs: number): Promise<Picture> {
  let loss: InspectionError | undefined;
  const stopping = new AbortController();
  const source = plan.open({
    onState: (state, error) => {
      // one try is enough for a test: what is wrong is what it is for
      if (state !== 'lost') return;
      loss = error;
      stopping.abort();
    },
    onLoss: () => undefined,
  });
  const timer = setTimeout(() => stopping.abort(), timeoutMs);
  source.start();
  try {
    return await source.capture(steadyNowMs(), stopping.signal);
  } catch (error) {
    if (loss) throw loss;
    if (!stopping.signal.aborted) throw error;
    throw new InspectionError('SOURCE_UNAVAILABLE', `The camera gave no picture within ${timeoutMs} ms`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    await source.stop();
  }
}

/**
 * Takes one picture with the properties of a dialog, deployed or not. A stream that is running with the same properties
 * gives one of its pictures, since most devices can be opened only once;
 * one with other properties of the same device lends it.
 *
 * @throws InspectionError with the one sentence that the dialog shows
 */
export async function takeTestPicture(
  dialog: Record<string, unknown>,
  deployed: Deployed | undefined,
): Promise<TestPicture> {
  const startedAtMs = performance.now();
  const raw = { ...dialog, ...AS_SHOWN };
  const plan = planCamera(raw, credentialsFor(raw, deployed));
  const isRunning = deployed !== undefined && !plan.canWait && isSameStream(deployed.raw, raw);
  const timeoutMs = Math.min(plan.settings.timeoutMs, MAX_WAIT_MS);
  const fresh = () => takeFresh(plan, timeoutMs);
  const isTaken = deployed !== undefined && isSameDevice(deployed.raw, raw);
  const picture = isRunning
    ? await deployed.camera.peek(timeoutMs)
    : await (isTaken ? deployed.camera.lend(fresh) : fresh());
  const { bytes, width, height, format, capturedAtMs } = picture;
  if (bytes.length > MAX_SHOWN_BYTES) {
    throw new InspectionError(
      'IMAGE_TOO_LARGE',
      `The picture has ${bytes.length} bytes: too many for the dialog, but not for the flow`,
    );
  }
  return {
    frame: { width, height, format, capturedAt: new Date(wallOf(capturedAtMs)).toISOString() },
    image: `data:image/${format};base64,${bytes.toString('base64')}`,
    tookMs: Math.round(performance.now() - startedAtMs),
  };
}
