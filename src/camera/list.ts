import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ask } from './programs/ask';
import { naturalOrder } from './sources/folder';

/** A camera that was found, with the values of `source` and `device` that choose it. */
export interface FoundCamera {
  source: 'v4l2' | 'rpicam';
  device: string;
  /** For people: `USB 2.0 Camera (/dev/video0)`. */
  label: string;
}

/** Video nodes of the Pi that are no cameras to read from: codecs, image processors, and the raw ends of the Pi's own. */
const NO_CAMERA = /^(bcm2835-|unicam|rpivid|rpi-hevc|pispbe|rp1-cfe|snps-hdmirx)/;

/** The output of a program; empty when it is not there, fails or hangs. */
async function outputOf(program: string, args: string[]): Promise<string> {
  return (await ask(program, args)).stdout;
}

/** Reads `v4l2-ctl --list-devices`: of each device the first video node, which is the one that gives pictures. */
export function parseV4l2List(text: string): FoundCamera[] {
  const found: FoundCamera[] = [];
  for (const block of text.split(/\n\s*\n/)) {
    const [head = '', ...lines] = block.trim().split('\n');
    const name = /^(.*) \([^()]*\):$/.exec(head)?.[1];
    const node = lines.map((line) => line.trim()).find((line) => /^\/dev\/video\d+$/.test(line));
    if (name === undefined || node === undefined || NO_CAMERA.test(name)) continue;
    found.push({ source: 'v4l2', device: node, label: `${name} (${node})` });
  }
  return found;
}

/** Reads `rpicam-hello --list-cameras`. */
export function parseRpicamList(text: string): FoundCamera[] {
  return [...text.matchAll(/^\s*(\d+) : (\S+) \[(\d+x\d+)/gm)].map(([, device, model, size]) => ({
    source: 'rpicam',
    device: device as string,
    label: `${device}: ${model} (${size})`,
  }));
}

/** What the kernel says where v4l2-ctl is not installed: USB cameras, without their metadata nodes. */
async function listFromKernel(root: string): Promise<FoundCamera[]> {
  const nodes = await readdir(root).catch(() => []);
  const found: FoundCamera[] = [];
  for (const node of nodes.filter((name) => /^video\d+$/.test(name)).sort(naturalOrder)) {
    const read = (file: string) => readFile(join(root, node, file), 'utf8').catch(() => '');
    const driver = basename(await readlink(join(root, node, 'device', 'driver')).catch(() => ''));
    if (driver !== 'uvcvideo' || (await read('index')).trim() !== '0') continue;
    found.push({ source: 'v4l2', device: `/dev/${node}`, label: `${(await read('name')).trim()} (/dev/${node})` });
  }
  return found;
}

async function firstOutput(programs: readonly string[], args: string[]): Promise<string> {
  for (const program of programs) {
    const text = await outputOf(program, args);
    if (text !== '') return text;
  }
  return '';
}

/**
 * The cameras at this machine. Never rejects: what cannot be asked is not listed.
 *
 * @param root where the kernel lists video devices; replaced in tests
 */
export async function listCameras(root = '/sys/class/video4linux'): Promise<FoundCamera[]> {
  const [v4l2, rpicam] = await Promise.all([
    outputOf('v4l2-ctl', ['--list-devices']),
    firstOutput(['rpicam-hello', 'libcamera-hello'], ['--list-cameras']),
  ]);
  const usb = v4l2 === '' ? await listFromKernel(root) : parseV4l2List(v4l2);
  return [...parseRpicamList(rpicam), ...usb];
}
