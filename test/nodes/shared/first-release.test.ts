// Flows as 0.1.0 exported them (its examples) and as its dialogs saved them, with blanks for what an imported flow lacked.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CAMERA_IN } from '../../../nodes/camera-in/properties';
import { DEFECT_ALERT } from '../../../nodes/defect-alert/properties';
import { INSPECTION_MODEL } from '../../../nodes/inspection-model/properties';
import { MODEL_CALIBRATE } from '../../../nodes/model-calibrate/properties';
import { MODEL_SHADOW } from '../../../nodes/model-shadow/properties';
import { NMS } from '../../../nodes/nms/properties';
import {
  migrate,
  readProperties,
  versionOf,
  type NodeProperties,
  type Property,
  type Raw,
} from '../../../nodes/shared/properties';
import { THERMAL_GUARD } from '../../../nodes/thermal-guard/properties';
import { YOLO_INT8_DETECT } from '../../../nodes/yolo-int8-detect/properties';
import { ROOT } from '../../helpers/root';

const FIXTURES = join(ROOT, 'test', 'nodes', 'fixtures', '0.1.0');
const ALL: NodeProperties[] = [
  CAMERA_IN,
  DEFECT_ALERT,
  INSPECTION_MODEL,
  MODEL_CALIBRATE,
  MODEL_SHADOW,
  NMS,
  THERMAL_GUARD,
  YOLO_INT8_DETECT,
];

const nodesOf = (file: string) => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Raw[];

/** The values that a flow sets, as the run time is to see them. */
function stated(properties: NodeProperties, flow: Raw): Raw {
  const names = Object.keys(properties.table).filter((name) => flow[name] !== undefined && flow[name] !== '');
  return Object.fromEntries(names.map((name) => [name, String(flow[name])]));
}

/** What the run time sees of a property that is not set; some must be filled in, and then mean nothing here. */
function defaultOf(property: Property, flow: Raw): unknown {
  try {
    return property.read(property.default, flow);
  } catch {
    return property.default;
  }
}

for (const file of readdirSync(FIXTURES)) {
  describe(`flows of 0.1.0: ${file}`, () => {
    for (const flow of nodesOf(file)) {
      const properties = ALL.find(({ type }) => type === flow.type);
      if (properties === undefined) continue;
      it(`${String(flow.type)} means what it meant, and what it lacks is the default`, () => {
        const values = readProperties(properties, flow);
        for (const [name, value] of Object.entries(stated(properties, flow))) {
          const isObject = typeof values[name] === 'object';
          assert.equal(isObject ? JSON.stringify(values[name]) : String(values[name]), value, name);
        }
        for (const [name, property] of Object.entries(properties.table)) {
          const isLeftOut = flow[name] === undefined || (flow[name] === '' && !property.mayBeBlank);
          if (isLeftOut) assert.deepEqual(values[name], defaultOf(property, flow), name);
        }
        assert.equal(migrate(properties, flow).version, versionOf(properties));
      });
    }
  });
}

describe('blanks that the dialogs of 0.1.0 left', () => {
  const [camera, model, detect, guard, shadow, alert] = ['camera', 'model', 'detect', 'guard', 'shadow', 'alert'].map(
    (name) => nodesOf('saved-by-dialogs.json').find(({ id }) => id === name),
  ) as [Raw, Raw, Raw, Raw, Raw, Raw];

  it('are the defaults where a number must be', () => {
    const { timeout, maxSize, delay } = readProperties(CAMERA_IN, camera);
    assert.deepEqual([timeout, maxSize, delay], [10, 32, undefined]);
    assert.equal(readProperties(INSPECTION_MODEL, model).threads, 0);
    const { interval, reaction } = readProperties(THERMAL_GUARD, guard);
    assert.deepEqual([interval, reaction], [10, 240]);
    assert.equal(readProperties(MODEL_SHADOW, shadow).canaryParts, 100);
    const { deliveryPerSecond, evidenceMaxFiles, drawPerSecond } = readProperties(DEFECT_ALERT, alert);
    assert.deepEqual([deliveryPerSecond, evidenceMaxFiles, drawPerSecond], [50, 500, 0]);
  });

  it('stay blanks where nothing is a value of its own', () => {
    assert.equal(readProperties(YOLO_INT8_DETECT, detect).confidence, undefined);
  });
});
