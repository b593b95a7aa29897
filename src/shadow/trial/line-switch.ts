import type { DetectorLike, ModelInfo } from '../../contract/detector';
import { InspectionError } from '../../contract/errors';
import type { SlotName } from '../../model/slots/layout';
import type { SlotsState } from '../../model/slots/station';
import { checkCompatible } from '../../model/slots/verify';
import { Canary } from './canary';
import { CandidateProcess } from './candidate-process';
import { SHADOW_NICE, type ControllerOptions } from './controller-options';
import type { LineHealth } from './health';
import { LooseModels, trialModels, type TrialModels } from './trial-models';

/**
 * Which model answers on the line: starts the candidate's process, lets it answer for a share of the parts, hands the
 * line over, and goes back; on the line and on the disk, in the order that a crash in between survives. It knows no
 * phases: when to do what is the controller's business.
 */
export class LineSwitch {
  readonly canary: Canary;
  readonly #options: ControllerOptions;
  readonly #process: CandidateProcess;
  #models: TrialModels = new LooseModels('');
  #primary: ModelInfo | undefined;
  #candidatePath = '';
  /** Of a station: the slot whose model the line runs. */
  #slot: SlotName | undefined;

  constructor(options: ControllerOptions, canaryShare: number) {
    this.#options = options;
    this.#process = new CandidateProcess(options.createDetector);
    this.canary = new Canary(canaryShare);
  }

  /** The model in use; undefined before start(). */
  get primary(): ModelInfo | undefined {
    return this.#primary;
  }

  /** The candidate's detector; undefined while there is none. */
  get candidate(): DetectorLike | undefined {
    return this.#process.detector;
  }

  /** Whether a promotion survives a restart. */
  get persistent(): boolean {
    return this.#models.persistent;
  }

  /** Waits for the line's model, puts in order what a crash left in the station, and brings the line to its pointer. */
  async start(): Promise<SlotsState | undefined> {
    const { line, linePath, publicKeyPem } = this.#options;
    this.#primary = await line.start();
    this.#models = await trialModels(linePath, publicKeyPem);
    const station = await this.#models.begin();
    const chosen = station?.chosen && station.slots[station.chosen.slot];
    if (chosen?.manifest?.sha256 === this.#primary.sha256) this.#slot = chosen.slot;
    await this.followSlot();
    return station;
  }

  /** Of a station: what its disk says. */
  state(): Promise<SlotsState | undefined> {
    return this.#models.state();
  }

  /** Of a station whose trial somebody else began: notes how the line did before. */
  keepBaseline(before: LineHealth): Promise<void> {
    return this.#models.keepBaseline(before);
  }

  /** Of a station: how the line did before the trial that is on. */
  baseline(): Promise<LineHealth | undefined> {
    return this.#models.baseline();
  }

  /** Changes whenever somebody changes the pointer of a station. */
  stamp(): Promise<string> {
    return this.#models.stamp();
  }

  /**
   * Verifies a candidate and starts it beside the line, at the lowest priority. undefined: there is none.
   *
   * @throws InspectionError with the reason when it is refused
   */
  async beginShadow(candidate: string | undefined): Promise<ModelInfo | undefined> {
    const primary = this.#primary as ModelInfo;
    const path = await this.#models.prepare(candidate, { ...primary, publicKeyPem: this.#options.publicKeyPem });
    if (path === undefined) return undefined;
    this.#candidatePath = path;
    const info = await this.#startShadow();
    try {
      checkCompatible(info, primary);
    } catch (error) {
      await this.#process.stop();
      throw error;
    }
    return info;
  }

  /**
   * From here on the candidate answers parts, so it gets the priority and the threads of the line.
   *
   * @param failed called for each part that it could not answer
   */
  async beginCanary(failed: () => void): Promise<void> {
    const { line } = this.#options;
    await this.#process.start({ model: this.#candidatePath, nice: 0, threads: line.stats().threads });
    line.setRoute(this.canary.route(() => this.#process.detector, failed));
  }

  async endCanary(): Promise<void> {
    this.#options.line.setRoute(undefined);
    await this.#startShadow();
  }

  /**
   * The line warms the candidate up first and takes it over frame by frame; only when that worked the pointer moves. So a
   * model that does not load never becomes the one that a restart begins with.
   *
   * @param insist a person wants it although it was rejected
   */
  async promote(reason: string, before: LineHealth, insist = false): Promise<ModelInfo> {
    const { line, linePath } = this.#options;
    const info = await line.reconfigure({ model: this.#candidatePath });
    try {
      await this.#models.promote(reason, before, insist);
    } catch (error) {
      await line.reconfigure({ model: (await this.#models.state())?.chosen?.folder ?? linePath });
      throw error;
    }
    await this.endCandidate();
    this.#primary = info;
    this.#slot = (await this.#models.state())?.chosen?.slot;
    return info;
  }

  confirm(reason: string): Promise<void> {
    return this.#models.confirm(reason);
  }

  /** The decision is on disk before the swap: a restart in between comes up with the former model. */
  async revert(reason: string): Promise<void> {
    const path = await this.#models.formerPath();
    if (path === undefined) throw new InspectionError('CHECK_FAILED', 'There is no former model to go back to');
    await this.#models.revert(reason);
    this.#primary = await this.#options.line.reconfigure({ model: path });
    this.#slot = (await this.#models.state())?.chosen?.slot;
  }

  async reject(reason: string): Promise<void> {
    await this.endCandidate();
    await this.#models.reject(reason);
  }

  /** The parts go to the line's own model again, before the candidate's process ends. */
  async endCandidate(): Promise<void> {
    this.#options.line.setRoute(undefined);
    await this.#process.stop();
  }

  /** Brings the line to the model that the station's pointer says. @returns whether it was another one */
  async followSlot(): Promise<boolean> {
    const station = await this.#models.state();
    const chosen = station?.chosen && station.slots[station.chosen.slot];
    if (chosen?.manifest === undefined) return false;
    // the same model in the other slot is another place, which an installation may overwrite later
    if (chosen.manifest.sha256 === this.#primary?.sha256 && chosen.slot === this.#slot) return false;
    await this.endCandidate();
    this.#primary = await this.#options.line.reconfigure({ model: chosen.folder });
    this.#slot = chosen.slot;
    return true;
  }

  async #startShadow(): Promise<ModelInfo> {
    return this.#process.start({ model: this.#candidatePath, nice: SHADOW_NICE, threads: 1 });
  }
}
