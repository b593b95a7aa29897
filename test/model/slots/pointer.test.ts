import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { nodeDisk } from '../../../src/kit/disk';
import { POINTER_FILE } from '../../../src/model/slots/layout';
import { readPointer, writePointer, type Pointer } from '../../../src/model/slots/pointer';

const POINTER: Pointer = {
  ...{ pointerVersion: 1, slot: 'b', sha256: 'ab'.repeat(32), state: 'trial' },
  ...{ since: '2026-01-02T03:04:05.678Z', trialStarts: 0 },
};

describe('the pointer of a station', () => {
  const station = mkdtempSync(join(tmpdir(), 'pointer-'));
  after(() => rmSync(station, { recursive: true }));

  it('is read as it was written, in both states', async () => {
    for (const state of ['trial', 'confirmed'] as const) {
      await writePointer(nodeDisk, station, { ...POINTER, state });
      assert.deepEqual(await readPointer(nodeDisk, station), { ...POINTER, state });
    }
  });

  const DAMAGED: Record<string, unknown> = {
    'of another version': { ...POINTER, pointerVersion: 2 },
    'to another slot': { ...POINTER, slot: 'c' },
    'with half a hash': { ...POINTER, sha256: 'ab'.repeat(31) },
    'with no hash': { ...POINTER, sha256: undefined },
    'in another state': { ...POINTER, state: 'rejected' },
    'with half a start': { ...POINTER, trialStarts: 0.5 },
    'that is a list': [POINTER],
    'that is null': null,
  };
  for (const [what, value] of Object.entries(DAMAGED)) {
    it(`one ${what} is none: the slots themselves must tell`, async () => {
      writeFileSync(join(station, POINTER_FILE), JSON.stringify(value));
      assert.equal(await readPointer(nodeDisk, station), undefined);
    });
  }

  it('text that was cut off is none', async () => {
    writeFileSync(join(station, POINTER_FILE), JSON.stringify(POINTER).slice(0, 40));
    assert.equal(await readPointer(nodeDisk, station), undefined);
  });
});
