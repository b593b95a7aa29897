import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { offsetSeconds } from '../../src/doctor/checks/clock';
import { freeIn } from '../../src/doctor/checks/space';
import type { Finding, State } from '../../src/doctor/finding';
import { linesOf } from '../../src/doctor/finding';
import { standingFindings } from '../../src/doctor/table';
import type { Answers } from '../../src/doctor/questions';
import { ROOT } from '../helpers/root';

const record = (folder: string, name: string): string => readFileSync(join(ROOT, 'test', folder, name), 'utf8').trim();

/** A healthy Pi 5, from the records where there is one. */
const HEALTHY: Answers = {
  system: 'Linux',
  machine: 'aarch64',
  bits: '64',
  libc: 'glibc 2.36',
  board: 'Raspberry Pi 5 Model B Rev 1.0',
  node: 'v20.20.2',
  nodeRed: record('doctor/records', 'node-red-version.txt'),
  throttled: record('thermal/fixtures', 'pi5-get_throttled.txt'),
  zoneTemp: '54300',
  coolers: 'pwm-fan',
  time: String(Date.UTC(2026, 10, 24, 12) / 1000),
  synchronized: 'yes',
  offset: record('doctor/records', 'chronyc-tracking-fast.txt'),
  space: record('doctor/records', 'df-x64.txt'),
  writable: 'yes',
  mounts: '/dev/mmcblk0p2 / ext4 rw,noatime 0 0',
  ext4Errors: '0',
  emmcLife: '0x01 0x01',
  memory: 'MemTotal:        8245248 kB\nMemAvailable:    6900000 kB',
  rpicam: record('camera/records', 'rpicam-hello-pi5-imx500.txt'),
  service: 'active',
};
const CONTEXT = { neededBytes: 300e6 };

function find(
  check: string,
  change: Answers = {},
  context: { referenceMs?: number; neededBytes: number } = CONTEXT,
): Finding {
  return standingFindings({ ...HEALTHY, ...change }, context).find((each) => each.check === check)!;
}

/** What changes in a healthy station, what the check says then, and a word of what it says. */
const FAULTS: [check: string, change: Answers, state: State, says: RegExp][] = [
  ['system', { machine: 'armv7l' }, 'fail', /64-bit Raspberry Pi OS/],
  ['system', { bits: '32' }, 'fail', /32-bit system/],
  ['system', { libc: undefined }, 'fail', /glibc/],
  ['system', { system: 'Darwin' }, 'fail', /Linux/],
  ['Node.js', { node: 'v18.20.4' }, 'fail', /18\.20\.4/],
  ['Node.js', { node: undefined }, 'fail', /no Node\.js/],
  ['Node.js', { node: 'v20.8.1' }, 'fail', /20\.8\.1/],
  ['Node-RED', { nodeRed: undefined }, 'fail', /no Node-RED/],
  ['Node-RED', { nodeRed: 'Node-RED v4.0.9\nNode.js v20.1.0' }, 'fail', /4\.0\.9/],
  ['power', { throttled: 'throttled=0x50005' }, 'fail', /under-voltage now.*27 W/],
  ['power', { throttled: 'throttled=0x50000' }, 'warn', /since the start/],
  ['power', { throttled: undefined }, 'unknown', /does not tell/],
  ['thermals', { throttled: record('thermal/fixtures', 'pi4-get_throttled.txt') }, 'fail', /held back now/],
  ['thermals', { zoneTemp: '82100' }, 'warn', /82\.1 °C/],
  ['thermals', { throttled: 'throttled=0xe0000' }, 'warn', /since the start/],
  ['cooler', { coolers: undefined }, 'note', /active cooler/],
  ['clock', { time: '86400' }, 'fail', /1970-01-02.*never set/],
  ['clock', { synchronized: 'no', offset: undefined }, 'warn', /not synchronised/],
  ['clock', { offset: '      Offset: -1.743s' }, 'warn', /off by -1\.743 s/],
  [
    'space',
    { space: 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/root 100 10 90 10% /' },
    'fail',
    /0\.3 GB are needed/,
  ],
  ['disk', { ext4Errors: '0\n3' }, 'fail', /3 file system errors/],
  ['disk', { mounts: '/dev/mmcblk0p2 / ext4 ro,noatime 0 0' }, 'fail', /read-only/],
  ['disk', { writable: 'no' }, 'fail', /may not be written/],
  ['disk', { emmcLife: '0x01 0x0b' }, 'fail', /used up/],
  ['disk', { emmcLife: '0x0a 0x01' }, 'warn', /90 to 100 %/],
  ['memory', { memory: 'MemAvailable:     120000 kB' }, 'fail', /123 MB/],
  ['cameras', { rpicam: record('camera/records', 'rpicam-hello-none.txt') }, 'warn', /ribbon/],
  ['cameras', { rpicam: undefined }, 'note', /apt install rpicam-apps/],
  ['service', { service: 'inactive' }, 'warn', /enable --now/],
];

describe('checks of a station', () => {
  it('find nothing wrong with a healthy Pi 5', () => {
    const findings = standingFindings(HEALTHY, CONTEXT);
    assert.deepEqual(
      findings.filter(({ state }) => state !== 'ok'),
      [],
    );
    assert.match(find('cameras').found, /imx500/);
    assert.match(find('Node-RED').found, /^4\.1\.8$/);
  });

  for (const [check, change, state, says] of FAULTS) {
    it(`${check}: ${state} for ${JSON.stringify(change).slice(0, 70)}`, () => {
      const finding = find(check, change);
      assert.equal(finding.state, state, JSON.stringify(finding));
      assert.match(`${finding.found} ${finding.advice}`, says);
      if (state === 'warn' || state === 'fail') assert.notEqual(finding.advice, '', 'says what to do');
    });
  }

  it('hold the clock against the one of the PC that deploys', () => {
    const referenceMs = Date.UTC(2026, 10, 24, 12, 5);
    assert.match(find('clock', {}, { ...CONTEXT, referenceMs }).found, /300 s behind this PC/);
    assert.equal(find('clock', {}, { ...CONTEXT, referenceMs: referenceMs - 300_000 }).state, 'ok');
  });

  it('say something for a machine that answers nothing at all', () => {
    for (const { check, found } of standingFindings({}, CONTEXT)) assert.notEqual(found, '', check);
  });

  it('read what chronyd, timesyncd and df print', () => {
    assert.equal(offsetSeconds(HEALTHY.offset!), 7.2e-8);
    assert.equal(offsetSeconds('System time     : 0.250000000 seconds slow of NTP time'), -0.25);
    assert.equal(offsetSeconds('       Offset: +1min 2.5s'), 62.5);
    assert.equal(offsetSeconds('       Offset: -12.5ms'), -0.0125);
    assert.equal(offsetSeconds('Offset: n/a'), undefined);
    assert.equal(freeIn(HEALTHY.space!)?.mount, '/');
    assert.equal(freeIn('df: no such file'), undefined);
  });

  it('are one line each', () => {
    const lines = linesOf(standingFindings({ ...HEALTHY, throttled: 'throttled=0x50005' }, CONTEXT));
    assert.ok(lines.every((line) => !line.includes('\n')));
    assert.match(
      lines.find((line) => line.includes('power'))!,
      /^FAIL power +under-voltage now \(throttled=0x50005\) → use/,
    );
  });
});
