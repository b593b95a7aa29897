import type { BoardReading } from '../../contract/thermal';
import {
  parseFan,
  parseMeasureClock,
  parseMeasureTemp,
  parsePmic,
  parseTempFile,
  parseThrottled,
  plausibleC,
} from './parse';
import { findFanFile, findTempFiles, readClock, readValue } from './sysfs';
import { Vcgencmd } from './vcgencmd';

export interface BoardSensorOptions {
  /**
   * `auto`: the best thermal zone, else vcgencmd; `vcgencmd`; or the absolute path of a file with a temperature.
   */
  sensor?: string;
  /** Where /sys is; another folder for tests. */
  root?: string;
  /** The firmware's program. */
  vcgencmd?: string;
  /** An answer of vcgencmd later than this is none, ms. It takes about 5 on an idle board. */
  timeoutMs?: number;
}

export const BOARD_SENSOR_DEFAULTS: Required<BoardSensorOptions> = {
  sensor: 'auto',
  root: '/',
  vcgencmd: 'vcgencmd',
  timeoutMs: 1000,
};

/** A board's sensors. Never rejects: what cannot be read, is garbage or is not plausible is missing. */
export class BoardSensor {
  readonly options: Required<BoardSensorOptions>;
  readonly #vcgencmd: Vcgencmd;
  #tempFiles: string[] | undefined;
  #fanFile: Promise<string | undefined> | undefined;

  constructor(options: BoardSensorOptions = {}) {
    this.options = { ...BOARD_SENSOR_DEFAULTS, ...options };
    this.#vcgencmd = new Vcgencmd({ command: this.options.vcgencmd, timeoutMs: this.options.timeoutMs });
  }

  /** The temperature alone, °C: what is read every second. */
  async readTempC(): Promise<number | undefined> {
    const { sensor } = this.options;
    if (sensor === 'vcgencmd') return this.#askTempC();
    if (sensor !== 'auto') return this.#fileTempC(sensor);
    this.#tempFiles ??= await findTempFiles(this.options.root);
    for (const path of this.#tempFiles) {
      const tempC = await this.#fileTempC(path);
      if (tempC !== undefined) return tempC;
    }
    // zones may have moved or come back: look anew next time
    this.#tempFiles = undefined;
    return this.#askTempC();
  }

  /** Everything else, a few processes: for every few seconds. */
  async readRest(): Promise<BoardReading> {
    this.#fanFile ??= findFanFile(this.options.root);
    const fanFile = await this.#fanFile;
    const rails = parsePmic((await this.#vcgencmd.ask('pmic_read_adc')) ?? '');
    const clockMHz =
      (await readClock(this.options.root)) ??
      parseMeasureClock((await this.#vcgencmd.ask('measure_clock', 'arm')) ?? '');
    const reading: BoardReading = {
      clockMHz,
      throttling: parseThrottled((await this.#vcgencmd.ask('get_throttled')) ?? ''),
      rails,
      powerW: rails && Object.values(rails).reduce((sum, watt) => sum + watt, 0),
      fanRpm: fanFile === undefined ? undefined : parseFan((await readValue(fanFile)) ?? ''),
    };
    return reading;
  }

  async #fileTempC(path: string): Promise<number | undefined> {
    return plausibleC(parseTempFile((await readValue(path)) ?? ''));
  }

  async #askTempC(): Promise<number | undefined> {
    return plausibleC(parseMeasureTemp((await this.#vcgencmd.ask('measure_temp')) ?? ''));
  }
}
