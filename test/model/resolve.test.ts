import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { resolveModelPath } from '../../src/model/resolve';

describe('resolveModelPath', () => {
  const folder = mkdtempSync(join(tmpdir(), 'resolve-'));
  writeFileSync(join(folder, 'mine.onnx'), 'x');
  after(() => rmSync(folder, { recursive: true }));

  it('leaves absolute paths alone', () => assert.equal(resolveModelPath('/a/b.onnx', [folder]), '/a/b.onnx'));
  it('finds relative paths in the folders given', () => {
    assert.equal(resolveModelPath('mine.onnx', ['/nowhere', folder]), join(folder, 'mine.onnx'));
  });

  it('knows shipped models by name, and the float32 model that one was made of', () => {
    assert.match(resolveModelPath('pcb-defects', [folder]), /models[/]pcb-defects$/);
    assert.match(resolveModelPath('pcb-defects/fp32', [folder]), /models[/]pcb-defects[/]fp32[/]model\.onnx$/);
  });

  for (const wrong of ['', '  ', undefined, 7, 'no-such-model', '../no-such', 'pcb-defects/fp32/..', 'a\0b']) {
    it(`refuses ${JSON.stringify(wrong)}`, () => {
      assert.throws(() => resolveModelPath(wrong, [folder]), { message: /^Expected .* for model but received/ });
    });
  }
});
