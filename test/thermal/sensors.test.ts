import assert from 'node:assert/strict';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { BoardSensor } from '../../src/thermal/sensors/board';
import { sensorOf } from '../../src/thermal/sensors/sensor-name';
import * as parse from '../../src/thermal/sensors/parse';

const FIXTURES = join(__dirname, '..', '..', '..', 'test', 'thermal', 'fixtures');
const recorded = (name: string) => readFileSync(join(FIXTURES, name), 'utf8');

/** Waits until a process is no more. */
async function gone(pid: number): Promise<void> {
  for (let i = 0; i < 500; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`process ${pid} is still there`);
}

describe('what sensors say', () => {
  it('power per rail of a Pi 5 under load', () => {
    const rails = parse.parsePmic(recorded('pi5-load-pmic_read_adc.txt'));
    assert.ok(rails);
    assert.equal(Object.keys(rails).length, 12);
    assert.ok(Math.abs((rails.VDD_CORE ?? 0) - 5.03652 * 0.8936988) < 1e-9);
    // EXT5V and BATT have no current, so they are no power
    assert.ok(!('EXT5V' in rails) && !('BATT' in rails));
  });

  it('throttling of a Pi 5 that is well and a Pi 4 that is hot', () => {
    assert.deepEqual(parse.parseThrottled(recorded('pi5-get_throttled.txt')), {
      underVoltage: false,
      frequencyCapped: false,
      throttled: false,
      softTempLimit: false,
      hasOccurred: false,
    });
    assert.deepEqual(parse.parseThrottled(recorded('pi4-get_throttled.txt')), {
      underVoltage: false,
      frequencyCapped: false,
      throttled: false,
      softTempLimit: true,
      hasOccurred: true,
    });
  });

  it('temperatures', () => {
    assert.equal(parse.parseMeasureTemp(recorded('pi5-measure_temp.txt')), 66.4);
    assert.equal(parse.parseTempFile(recorded('pi5-thermal.txt')), 63.9);
    assert.equal(parse.parseTempFile(recorded('pi4-thermal.txt')), 65.2);
    assert.equal(parse.parseTempFile('54.3\n'), 54.3);
    assert.equal(parse.parseTempFile('-12500\n'), -12.5);
    assert.equal(parse.parseMeasureClock('frequency(0)=2400033792\n'), 2400.033792);
  });

  for (const name of ['pi5-not-registered.txt', 'pi4-vchi.txt']) {
    it(`nothing in an error message (${name})`, () => {
      const text = recorded(name);
      for (const read of [parse.parsePmic, parse.parseThrottled, parse.parseMeasureTemp, parse.parseMeasureClock]) {
        assert.equal(read(text), undefined, read.name);
      }
    });
  }

  for (const text of ['', ' \n', 'garbage', '5 4300', '54300\n54300', 'NaN', '0x10', '1e9', '\0\0\0', '9'.repeat(40)]) {
    it(`nothing in ${JSON.stringify(text.slice(0, 12))}`, () => {
      assert.equal(parse.parseTempFile(text), undefined);
      assert.equal(parse.parseMeasureTemp(text), undefined);
      assert.equal(parse.parseThrottled(text), undefined);
      assert.equal(parse.parsePmic(text), undefined);
    });
  }

  for (const [tempC, isPlausible] of [
    [-40, false],
    [-30, true],
    [0, true],
    [85, true],
    [125, true],
    [300, false],
  ] as const) {
    it(`${tempC} °C is ${isPlausible ? '' : 'not '}plausible`, () => {
      assert.equal(parse.plausibleC(tempC), isPlausible ? tempC : undefined);
    });
  }
});

describe('sensors of a board', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sensors-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let boards = 0;

  /** A folder that looks like the root of a machine. */
  function board(files: Record<string, string>): string {
    const root = join(folder, `board${boards++}`);
    mkdirSync(root);
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return root;
  }

  /** A vcgencmd that answers each question with a recorded output, or with a line of shell. */
  function vcgencmd(root: string, answers: Record<string, string>, instead = ''): string {
    const program = join(root, 'vcgencmd');
    for (const [question, fixture] of Object.entries(answers))
      copyFileSync(join(FIXTURES, fixture), join(root, question));
    writeFileSync(program, `#!/bin/sh\n${instead || `exec cat "${root}/$1"`}\n`);
    chmodSync(program, 0o755);
    return program;
  }

  const PI5 = {
    'sys/class/thermal/thermal_zone0/temp': recorded('pi5-thermal.txt'),
    'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
    'sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq': '2400000\n',
    'sys/class/hwmon/hwmon0/name': 'cpu_thermal\n',
    'sys/class/hwmon/hwmon2/name': 'pwmfan\n',
    'sys/class/hwmon/hwmon2/fan1_input': recorded('pi5-hwmon.txt'),
  };

  it('reads all of a Pi 5', async () => {
    const root = board(PI5);
    const program = vcgencmd(root, {
      measure_temp: 'pi5-measure_temp.txt',
      get_throttled: 'pi5-get_throttled.txt',
      pmic_read_adc: 'pi5-load-pmic_read_adc.txt',
    });
    const sensor = new BoardSensor({ root, vcgencmd: program, timeoutMs: 10_000 });
    assert.equal(await sensor.readTempC(), 63.9);
    const rest = await sensor.readRest();
    assert.equal(rest.clockMHz, 2400);
    assert.equal(rest.fanRpm, 5584);
    assert.equal(rest.throttling?.hasOccurred, false);
    assert.ok(rest.powerW !== undefined && rest.powerW > 5 && rest.powerW < 7, `${rest.powerW} W`);
  });

  it('reads a Pi 4: no power, no fan', async () => {
    const root = board({
      'sys/class/thermal/thermal_zone0/temp': recorded('pi4-thermal.txt'),
      'sys/class/thermal/thermal_zone0/type': 'cpu-thermal\n',
    });
    const program = vcgencmd(root, {
      get_throttled: 'pi4-get_throttled.txt',
      pmic_read_adc: 'pi5-not-registered.txt',
    });
    const sensor = new BoardSensor({ root, vcgencmd: program, timeoutMs: 10_000 });
    assert.equal(await sensor.readTempC(), 65.2);
    const rest = await sensor.readRest();
    assert.equal(rest.throttling?.softTempLimit, true);
    assert.deepEqual(
      [rest.powerW, rest.rails, rest.fanRpm, rest.clockMHz],
      [undefined, undefined, undefined, undefined],
    );
  });

  it('a machine without sensors has no readings', async () => {
    const sensor = new BoardSensor({ root: board({}), vcgencmd: join(folder, 'no-such-program') });
    assert.equal(await sensor.readTempC(), undefined);
    assert.ok(Object.values(await sensor.readRest()).every((value) => value === undefined));
  });

  it('takes the zone of the processor, whatever its number', async () => {
    const root = board({
      'sys/class/thermal/thermal_zone0/temp': '27800\n',
      'sys/class/thermal/thermal_zone0/type': 'acpitz\n',
      'sys/class/thermal/thermal_zone10/temp': '61000\n',
      'sys/class/thermal/thermal_zone10/type': 'x86_pkg_temp\n',
      'sys/class/thermal/thermal_zone2/temp': '99000\n',
      'sys/class/thermal/thermal_zone2/type': 'iwlwifi_1\n',
    });
    assert.equal(await new BoardSensor({ root, vcgencmd: '/nowhere' }).readTempC(), 61);
  });

  it('goes on with vcgencmd when the zone is gone, and back when it is there again', async () => {
    const root = board(PI5);
    const temp = join(root, 'sys/class/thermal/thermal_zone0/temp');
    const program = vcgencmd(root, { measure_temp: 'pi5-measure_temp.txt' });
    const sensor = new BoardSensor({ root, vcgencmd: program, timeoutMs: 10_000 });
    assert.equal(await sensor.readTempC(), 63.9);
    rmSync(temp);
    assert.equal(await sensor.readTempC(), 66.4);
    writeFileSync(temp, '50000\n');
    assert.equal(await sensor.readTempC(), 50);
  });

  for (const content of ['', 'garbage', '-40000', '300000', '300', '-40', '9'.repeat(100)]) {
    it(`a file with ${JSON.stringify(content.slice(0, 12))} is no reading`, async () => {
      const root = board({ temp: content });
      assert.equal(await new BoardSensor({ sensor: join(root, 'temp') }).readTempC(), undefined);
    });
  }

  it('a folder or a device is no reading, and nothing waits for it', async () => {
    assert.equal(await new BoardSensor({ sensor: folder }).readTempC(), undefined);
    assert.equal(await new BoardSensor({ sensor: '/dev/zero' }).readTempC(), undefined);
  });

  it('a vcgencmd that hangs is ended; at most one runs', async () => {
    const root = board({});
    const pids = join(root, 'pids');
    const program = vcgencmd(root, {}, `echo $$ >> "${pids}"; exec sleep 60`);
    const sensor = new BoardSensor({ sensor: 'vcgencmd', root, vcgencmd: program, timeoutMs: 300 });
    const readings = await Promise.all([sensor.readTempC(), sensor.readTempC()]);
    assert.deepEqual(readings, [undefined, undefined]);
    for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) {
      await gone(Number(pid));
    }
  });

  it('a vcgencmd that floods, fails or is no program is no answer', async () => {
    for (const instead of ['yes "temp=50.0\'C"', 'echo "temp=50.0\'C"; exit 3', 'kill -9 $$']) {
      const root = board({});
      const sensor = new BoardSensor({ sensor: 'vcgencmd', vcgencmd: vcgencmd(root, {}, instead), timeoutMs: 10_000 });
      assert.equal(await sensor.readTempC(), undefined, instead);
    }
    const root = board({ vcgencmd: 'no program' });
    assert.equal(
      await new BoardSensor({ sensor: 'vcgencmd', vcgencmd: join(root, 'vcgencmd') }).readTempC(),
      undefined,
    );
  });

  it('takes auto, vcgencmd or an absolute path', () => {
    assert.equal(sensorOf(undefined), 'auto');
    assert.equal(sensorOf(''), 'auto');
    assert.equal(sensorOf('/tmp/temp'), '/tmp/temp');
    for (const wrong of ['temp', 5, '../temp', '/a\0b']) {
      assert.throws(
        () => sensorOf(wrong),
        /Expected auto, vcgencmd or the absolute path of a temperature file for sensor/,
      );
    }
  });
});
