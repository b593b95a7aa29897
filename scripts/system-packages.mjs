// Programs that the tests need and npm does not have: one row each. As root with apt they are installed; otherwise the one
// line says what to install.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const RTSP_SERVER = 'python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad';
const PACKAGES = [
  { program: 'mosquitto', debian: 'mosquitto', why: 'a real MQTT broker' },
  { program: 'ffmpeg', debian: 'ffmpeg', why: 'cameras over RTSP and V4L2' },
  { probe: probeRtspServer, debian: RTSP_SERVER, why: 'a real RTSP server' },
  { program: 'openssl', debian: 'openssl', why: 'certificates for MQTT over TLS' },
  { program: 'qemu-x86_64', debian: 'qemu-user', why: 'PCs with other processors' },
  { program: 'chromium', debian: 'chromium', why: 'the Node-RED editor and the dashboard' },
  { program: 'qemu-aarch64', debian: 'qemu-user', why: 'other processors' },
  { program: 'ssh', debian: 'openssh-client', why: 'deploying' },
  { program: 'sshd', debian: 'openssh-server', why: 'a real server to deploy to' },
  { program: 'systemd-analyze', debian: 'systemd', why: 'units of a station' },
  { program: 'logrotate', debian: 'logrotate', why: 'logs of a station' },
];

/** What the tests on emulated processors need. */
export const EMULATION = [
  { program: 'qemu-aarch64', debian: 'qemu-user', why: 'other processors' },
  { program: 'mosquitto', debian: 'mosquitto', why: 'a real MQTT broker' },
];

/** Debian keeps servers in sbin, which is not on every user's PATH. */
const FOLDERS = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

/** Debian's own Python has Debian's bindings; h264parse is in the plugins "bad". */
function probeRtspServer() {
  const script = [
    'import gi',
    'gi.require_version("GstRtspServer", "1.0")',
    'from gi.repository import Gst, GstRtspServer',
    'Gst.init(None)',
    'assert all(Gst.ElementFactory.find(name) for name in ("udpsrc", "rtph264pay", "h264parse"))',
  ].join('\n');
  return spawnSync('/usr/bin/python3', ['-c', script], { stdio: 'ignore' }).status === 0;
}

function isThere({ program, probe }) {
  return probe ? probe() : exists(program);
}

function exists(program) {
  return FOLDERS.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function apt(args) {
  // RUNLEVEL=1 keeps Debian from starting a server that is only wanted by the tests
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  return spawnSync('apt-get', ['-q', '-y', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}

/** Makes sure that every program is there; exits with one clear line when it cannot. @param packages default: what `npm test` needs */
export function ensureSystemPackages(packages = PACKAGES) {
  const missing = packages.filter((row) => !isThere(row));
  if (missing.length === 0) return;
  const names = missing.flatMap(({ debian }) => debian.split(' '));
  if (process.getuid?.() === 0 && exists('apt-get')) {
    console.log(`Installing for the tests: ${missing.map(({ debian, why }) => `${debian} (${why})`).join(', ')}`);
    if (!apt(['install', '--no-install-recommends', ...names])) {
      // an old package list: refresh it once
      apt(['update']);
      apt(['install', '--no-install-recommends', ...names]);
    }
  }
  if (missing.some((row) => !isThere(row))) {
    console.error(`The tests need ${names.join(', ')}: sudo apt-get install ${names.join(' ')}`);
    process.exit(1);
  }
}
