import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  CANDIDATES,
  CLASSES,
  PRIMARY,
  SimulatedDetector,
  simulatedPart,
  type SimulatedModel,
} from '../../lab/bench/shadow-streams';
import type { DetectorOptions } from '../../src/contract/detector';
import { nodeDisk } from '../../src/kit/disk';
import { SlotStore } from '../../src/model/slots/store';
import { ShadowController } from '../../src/shadow/trial/controller';
import type { ControllerOptions, ShadowSettings } from '../../src/shadow/trial/controller-options';
import type { DisputedRecord } from '../../src/shadow/evidence/disputed-record';
import type { ShadowReport } from '../../src/shadow/trial/shadow-report';
import { RoutedDetector } from '../../src/detector/routed-detector';
import { writeModel } from '../model/slots/models';

/** Models by the name in their manifest. */
const MODELS: Record<string, SimulatedModel> = Object.fromEntries(
  [{ ...PRIMARY, name: 'old' }, ...Object.values(CANDIDATES)].map((model) => [model.name, model]),
);
MODELS.identical = { ...PRIMARY, name: 'identical' };

function modelAt(path: string): SimulatedModel | undefined {
  const file = join(path, 'manifest.json');
  if (!existsSync(file)) return undefined;
  const { name, sha256 } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; sha256: string };
  const model = MODELS[name];
  return model && { ...model, sha256 };
}

/** A station in a temporary folder, its line simulated; the slots and the controller are the real ones. */
export class SimulatedStation {
  readonly root = mkdtempSync(join(tmpdir(), 'shadow-'));
  readonly path = join(this.root, 'station');
  readonly store = new SlotStore(this.path);
  readonly reports: ShadowReport[] = [];
  readonly disputed: DisputedRecord[] = [];
  /** Every candidate process that was made, with its options. */
  readonly candidates: { options: DetectorOptions; detector: SimulatedDetector }[] = [];
  line!: RoutedDetector;
  primary!: SimulatedDetector;
  controller!: ShadowController;
  nowMs = 0;
  #parts = 0;

  async init(models: string[] = ['identical']): Promise<this> {
    for (const name of ['old', ...models]) await writeModel(nodeDisk, this.folder(name), { name, classNames: CLASSES });
    await this.store.init(this.folder('old'));
    return this;
  }

  folder(name: string): string {
    return join(this.root, name);
  }

  /** Starts the line from the current slot, and a controller beside it: what Node-RED does on deploy. */
  async boot(settings: Partial<ShadowSettings> = {}, options: Partial<ControllerOptions> = {}): Promise<void> {
    const { chosen } = await this.store.state();
    this.primary = new SimulatedDetector(modelAt(chosen?.folder ?? '') as SimulatedModel, modelAt);
    this.line = new RoutedDetector(this.primary);
    this.controller = new ShadowController({
      ...this.options(),
      settings: { sample: 1, runner: { settleMs: 0 }, ...settings },
      ...options,
    });
    this.controller.on('report', (report) => void this.reports.push(report));
    this.controller.on('disputed', (record) => void this.disputed.push(record));
    await this.controller.start();
  }

  /** What the controller is made with. */
  options(): ControllerOptions {
    return {
      line: this.line,
      linePath: this.path,
      candidate: undefined,
      allowed: () => true,
      createDetector: (wanted) => {
        const detector = new SimulatedDetector(modelAt(wanted.model) as SimulatedModel, modelAt);
        this.candidates.push({ options: wanted, detector });
        return detector;
      },
      now: () => this.nowMs,
    };
  }

  /** Runs parts through the line, the way the nodes do. Returns who answered each. */
  async run(count: number): Promise<string[]> {
    const answered: string[] = [];
    for (let i = 0; i < count; i++) {
      // parts come one after another in time: the disk gets its turn in between
      await nextTurn();
      const part = simulatedPart(1, this.#parts++);
      const image = Buffer.from(JSON.stringify(part));
      const outcome = await this.line.detect({ image, frame: { id: part.id } });
      if (!outcome.inspected) {
        answered.push(outcome.reason);
        await this.controller.part({ verdict: 'NOT_INSPECTED', latencyMs: undefined, frame: undefined });
        continue;
      }
      answered.push(outcome.model.name);
      const verdict = outcome.detections.length > 0 ? 'FAIL' : 'PASS';
      const answeredBy = this.controller.answererOf(part.id);
      const { detections, image: size } = outcome;
      const frame = { image, frame: { id: part.id }, id: part.id, detections, size, answeredBy };
      await this.controller.part({ verdict, latencyMs: 20, frame });
    }
    return answered;
  }

  last(event: ShadowReport['event']): ShadowReport | undefined {
    return this.reports.filter((report) => report.event === event).at(-1);
  }

  async end(): Promise<void> {
    await this.controller?.stop();
    rmSync(this.root, { recursive: true });
  }
}
