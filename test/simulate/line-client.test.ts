import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { simulatePart } from '../../src/simulate/line';
import { SimulatedLine } from '../../src/simulate/line-client';

const OPTIONS = { seed: 2, look: 'binarised', defectRate: 1 } as const;
const CLIENT = join(__dirname, '..', '..', 'src', 'simulate', 'line-client.js');

describe('SimulatedLine', () => {
  it('draws the parts that simulatePart draws, whatever is under way at once', async () => {
    const line = new SimulatedLine(OPTIONS);
    try {
      const parts = await Promise.all([3, 1, 2].map((index) => line.part(index)));
      assert.deepEqual(parts, await Promise.all([3, 1, 2].map((index) => simulatePart(OPTIONS, index))));
    } finally {
      await line.close();
    }
  });

  it('keeps the event loop free while it draws', async () => {
    const line = new SimulatedLine({ ...OPTIONS, look: 'photo' });
    try {
      await line.part(0);
      let turns = 0;
      const timer = setInterval(() => turns++, 1);
      const drawn = Promise.all([1, 2, 3].map((index) => line.part(index)));
      await drawn;
      clearInterval(timer);
      // on the main thread the drawing would leave room for a few turns between parts only
      assert.ok(turns > 10, `${turns} turns of the event loop during three parts`);
    } finally {
      await line.close();
    }
  });

  it('refuses bad options at once and bad parts one by one', async () => {
    assert.throws(() => new SimulatedLine({ defectRate: -1 }), { code: 'BAD_ARGUMENT' });
    const line = new SimulatedLine(OPTIONS);
    try {
      await assert.rejects(line.part(-1), { code: 'BAD_ARGUMENT' });
      assert.equal((await line.part(0)).width, 640);
    } finally {
      await line.close();
    }
  });

  it('hands an error in the worker on and goes on drawing', async () => {
    const line = new SimulatedLine(OPTIONS);
    try {
      const options = line.options as { look: string };
      options.look = 'broken';
      await assert.rejects(line.part(0), { code: 'BAD_ARGUMENT', message: /for look but received "broken"/ });
      options.look = 'binarised';
      assert.equal((await line.part(0)).truth.length > 0, true);
    } finally {
      await line.close();
    }
  });

  it('rejects the parts under way on close, and all after it; closing twice is fine', async () => {
    const line = new SimulatedLine(OPTIONS);
    const pending = line.part(0);
    const rejected = assert.rejects(pending, { code: 'CANCELLED' });
    await Promise.all([line.close(), line.close()]);
    await rejected;
    await assert.rejects(line.part(1), { code: 'CANCELLED' });
  });

  it('fails the part of a worker that dies and starts another for the next', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simulated-line-'));
    const script = join(folder, 'worker.js');
    const marker = JSON.stringify(join(folder, 'died'));
    await writeFile(
      script,
      `const { parentPort } = require('node:worker_threads');
       const { existsSync, writeFileSync } = require('node:fs');
       parentPort.on('message', ({ id }) => {
         if (!existsSync(${marker})) { writeFileSync(${marker}, ''); process.exit(3); }
         parentPort.postMessage({ id, image: new Uint8Array([1, 2]), width: 1, height: 1, truth: [] });
       });`,
    );
    const line = new SimulatedLine(OPTIONS, script);
    try {
      await assert.rejects(line.part(0), { code: 'SOURCE_UNAVAILABLE', message: /exit status 3/ });
      assert.deepEqual([...(await line.part(0)).image], [1, 2]);
    } finally {
      await line.close();
      await rm(folder, { recursive: true });
    }
  });

  it('does not keep a process alive that forgot to close it', async () => {
    const code = `const { SimulatedLine } = require(${JSON.stringify(CLIENT)});
      new SimulatedLine({ look: 'binarised' }).part(0).then((part) => console.log(part.width));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', code], { timeout: 60_000 });
    assert.equal(stdout.trim(), '640');
  });
});
