import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { classNamesOf } from '../../src/model/class-list';
import { resolveModelPath } from '../../src/model/resolve';

const SHIPPED = ['open', 'short', 'mousebite', 'spur', 'copper', 'pin-hole'];

describe('the class names of a model', () => {
  it('of a model folder, and of its model.onnx', async () => {
    const folder = resolveModelPath('pcb-defects', []);
    assert.deepEqual(await classNamesOf(folder), SHIPPED);
    assert.deepEqual(await classNamesOf(join(folder, 'model.onnx')), SHIPPED);
  });

  it('says what is not there', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'classes-'));
    t.after(() => rmSync(folder, { recursive: true }));
    await assert.rejects(classNamesOf(join(folder, 'none')), { code: 'MODEL_NOT_FOUND' });
    await assert.rejects(classNamesOf(folder), /model/);
  });
});
