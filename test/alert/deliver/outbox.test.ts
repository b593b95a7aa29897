import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { encodeLine } from '../../../src/alert/deliver/log-lines';
import { Outbox } from '../../../src/alert/deliver/outbox';

const payloads = (outbox: Outbox) => outbox.pending.map(({ payload }) => payload);
const message = (payload: string | number) => ({ topic: 't', payload: String(payload) });

describe('Outbox', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('finds again in order what was not acknowledged', async () => {
    const first = await Outbox.open({ folder });
    await Promise.all([1, 2, 3, 4].map((n) => first.put(message(n))));
    first.ack(2);
    await first.close();
    const second = await Outbox.open({ folder });
    assert.deepEqual(payloads(second), ['3', '4']);
    const entry = await second.put(message('later, and 工位 🔥 "quoted"\n'));
    assert.equal(entry.number, 5);
    await second.close();
    assert.equal(payloads(await Outbox.open({ folder })).at(-1), 'later, and 工位 🔥 "quoted"\n');
  });

  it('has a message on disk as soon as put() resolves, without being closed', async () => {
    const outbox = await Outbox.open({ folder });
    await outbox.put(message('now'));
    assert.deepEqual(payloads(await Outbox.open({ folder })), ['now']);
    await outbox.close();
  });

  it('survives being cut off at every byte of the last line', async () => {
    const outbox = await Outbox.open({ folder });
    for (const n of [1, 2]) await outbox.put(message(n));
    await outbox.close();
    const [name] = readdirSync(folder);
    const whole = readFileSync(join(folder, name as string));
    const lastLine = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let cut = lastLine; cut < whole.length; cut += 1) {
      writeFileSync(join(folder, name as string), whole.subarray(0, cut));
      const opened = await Outbox.open({ folder });
      assert.deepEqual(payloads(opened), ['1'], `cut at byte ${cut}`);
      await opened.put(message('after'));
      await opened.close();
      assert.deepEqual(payloads(await Outbox.open({ folder })), ['1', 'after'], `cut at byte ${cut}`);
    }
  });

  it('loses one line only when the disk spoils one, and says so', async () => {
    const outbox = await Outbox.open({ folder });
    for (const n of [1, 2, 3]) await outbox.put(message(n));
    await outbox.close();
    const path = join(folder, readdirSync(folder)[0] as string);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"payload":"2"', '"payload":"7"'));
    const opened = await Outbox.open({ folder });
    assert.deepEqual(payloads(opened), ['1', '3']);
    assert.equal(opened.damaged, 1);
    await opened.close();
  });

  it('ignores files that are not its own, and takes random bytes for damage', async () => {
    writeFileSync(join(folder, 'readme.txt'), 'x');
    writeFileSync(join(folder, '0000000007.log'), Buffer.from([0, 255, 10, 10, 1, 2, 3]));
    const outbox = await Outbox.open({ folder });
    assert.deepEqual(payloads(outbox), []);
    await outbox.put(message(1));
    await outbox.close();
    assert.deepEqual(payloads(await Outbox.open({ folder })), ['1']);
  });

  it('gives space back once messages are acknowledged', async () => {
    const outbox = await Outbox.open({ folder, segmentBytes: 2000 });
    for (let n = 1; n <= 100; n += 1) {
      await outbox.put(message('x'.repeat(100)));
      outbox.ack(n);
    }
    assert.ok(outbox.bytes < 6000, `${outbox.bytes} bytes`);
    await outbox.close();
    const opened = await Outbox.open({ folder });
    assert.deepEqual(opened.pending, []);
    assert.equal((await opened.put(message(1))).number, 101);
    await opened.close();
  });

  it('drops the oldest when its space is used up, counts them, and keeps the rest in order', async () => {
    const outbox = await Outbox.open({ folder, maxBytes: 20_000 });
    for (let n = 1; n <= 500; n += 1) await outbox.put(message(`${n} ${'x'.repeat(100)}`));
    assert.ok(outbox.bytes <= 20_000, `${outbox.bytes} bytes`);
    assert.equal(outbox.dropped + outbox.pending.length, 500);
    assert.equal(outbox.pending.at(-1)?.number, 500);
    await outbox.close();
    const numbers = (await Outbox.open({ folder, maxBytes: 20_000 })).pending.map(({ number }) => number);
    assert.deepEqual(
      numbers,
      outbox.pending.map(({ number }) => number),
    );
  });

  it('does not count an acknowledged message as dropped', async () => {
    const outbox = await Outbox.open({ folder, maxBytes: 20_000 });
    for (let n = 1; n <= 500; n += 1) outbox.ack((await outbox.put(message('x'.repeat(100)))).number);
    assert.equal(outbox.dropped, 0);
    await outbox.close();
  });

  it('refuses a folder that cannot be one with one sentence', async () => {
    writeFileSync(join(folder, 'file'), '');
    await assert.rejects(Outbox.open({ folder: join(folder, 'file', 'x') }), /^Cannot open the outbox in /);
  });

  it('keeps a message pending when the disk refuses it, tells, and writes it when there is room', async () => {
    const outbox = await Outbox.open({ folder: join(folder, 'box') });
    rmSync(join(folder, 'box'), { recursive: true });
    writeFileSync(join(folder, 'box'), 'a file where the folder was');
    await assert.rejects(outbox.put(message(1)), /Cannot write /);
    assert.deepEqual(payloads(outbox), ['1']);
    rmSync(join(folder, 'box'));
    mkdirSync(join(folder, 'box'));
    await outbox.put(message(2));
    await outbox.close();
    assert.deepEqual(payloads(await Outbox.open({ folder: join(folder, 'box') })), ['1', '2']);
  });

  it('reads a log of another number base without mixing up order', async () => {
    for (const [file, numbers] of [
      [1, [1, 2]],
      [2, [3]],
      [10, [4]],
    ] as const) {
      for (const put of numbers) {
        appendFileSync(
          join(folder, `${String(file).padStart(10, '0')}.log`),
          encodeLine({ put, topic: 't', payload: String(put) }),
        );
      }
    }
    assert.deepEqual(payloads(await Outbox.open({ folder })), ['1', '2', '3', '4']);
  });
});
