/**
 * What a machine is asked: fixed lines of POSIX sh, one per question. Nothing of a user's is in them; the one folder that
 * matters is the positional parameter `$1`. The same script runs here and, through ssh, on a machine that is to become a
 * station. What may hang has a time limit.
 */
export const QUESTIONS = {
  system: 'uname -s',
  machine: 'uname -m',
  bits: 'getconf LONG_BIT',
  libc: 'getconf GNU_LIBC_VERSION',
  board: "tr -d '\\000' </proc/device-tree/model",
  user: 'id -un',
  home: 'printf %s "$HOME"',
  node: 'node --version',
  nodeRed: 'timeout 20 node-red --version',
  throttled: 'timeout 5 vcgencmd get_throttled',
  firmwareTemp: 'timeout 5 vcgencmd measure_temp',
  zoneTemp: 'cat /sys/class/thermal/thermal_zone0/temp',
  coolers: 'cat /sys/class/thermal/cooling_device*/type',
  fan: 'cat /sys/class/hwmon/hwmon*/fan1_input',
  time: 'date +%s',
  synchronized: 'timeout 5 timedatectl show --property=NTPSynchronized --value',
  offset: 'timeout 5 chronyc tracking || timeout 5 timedatectl timesync-status',
  space: 'd=$1; while [ ! -d "$d" ]; do d=$(dirname -- "$d"); done; df -Pk -- "$d"',
  writable: 'd=$1; while [ ! -d "$d" ]; do d=$(dirname -- "$d"); done; [ -w "$d" ] && echo yes || echo no',
  mounts: 'cat /proc/mounts',
  ext4Errors: 'cat /sys/fs/ext4/*/errors_count',
  emmcLife: 'cat /sys/block/mmcblk*/device/life_time',
  memory: 'cat /proc/meminfo',
  rpicam: 'timeout 15 rpicam-hello --list-cameras 2>&1 || timeout 15 libcamera-hello --list-cameras 2>&1',
  video: 'ls /dev/video* && timeout 5 v4l2-ctl --list-devices',
  service: 'timeout 5 systemctl is-active nodered.service',
} as const;

export type Question = keyof typeof QUESTIONS;

/** What was answered, trimmed; a question that a machine cannot answer is missing. */
export type Answers = Partial<Record<Question, string>>;

/** Longest answer that is kept, bytes. */
const MAX_BYTES = 16_384;

/** Folders that a login shell has in its PATH and a shell over ssh may not; the newest Node.js of nvm last. */
export const SEARCH_PATH = [
  'PATH="$PATH:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin:$HOME/.local/bin:$HOME/bin"',
  'for d in "$HOME"/.nvm/versions/node/*/bin; do [ -d "$d" ] && PATH="$PATH:$d"; done',
  'export PATH',
].join('\n');

/** The whole script; it prints `name base64-of-the-answer`, a line per question that was answered. */
export function askingScript(): string {
  const lines = Object.entries(QUESTIONS).map(
    ([name, text]) =>
      `a=$( { ${text}; } 2>/dev/null </dev/null | head -c ${MAX_BYTES} | base64 | tr -d '\\n'); printf '%s %s\\n' ${name} "$a"`,
  );
  return [SEARCH_PATH, 'LC_ALL=C; export LC_ALL', ...lines].join('\n');
}

/** Reads what the script printed; lines that are none of its own (a login's greeting) are passed over. */
export function parseAnswers(printed: string): Answers {
  const answers: Answers = {};
  for (const line of printed.split('\n')) {
    const [, name, encoded] = /^(\w+) ([A-Za-z0-9+/]+=*)$/.exec(line.trim()) ?? [];
    if (name === undefined || !Object.hasOwn(QUESTIONS, name)) continue;
    const answer = Buffer.from(encoded!, 'base64').toString('utf8').trim();
    if (answer !== '') answers[name as Question] = answer;
  }
  return answers;
}
