import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Delivery, type Publisher } from '../../../src/alert/deliver/delivery';
import { Outbox } from '../../../src/alert/deliver/outbox';
import { waitFor } from '../../helpers/wait-for';

/** A broker whose answers the test decides. */
class FakeBroker implements Publisher {
  connected = true;
  arrived: string[] = [];
  waiting: { payload: string; acknowledge: () => void; fail: () => void }[] = [];
  answer: 'at once' | 'on request' = 'at once';

  publish({ payload }: { payload: string }): Promise<void> {
    this.arrived.push(payload);
    if (this.answer === 'at once') return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ payload, acknowledge: resolve, fail: () => reject(new Error('connection lost')) });
    });
  }
}

const until = (condition: () => boolean) => waitFor('the condition', condition, 60_000, 2);

describe('Delivery', () => {
  let folder: string;
  let outbox: Outbox;
  let broker: FakeBroker;
  let delivery: Delivery;

  const start = (options = {}) => {
    delivery = new Delivery(outbox, broker, { perSecond: 100_000, retryMs: 1, ...options });
  };
  const put = async (...payloads: number[]) => {
    for (const payload of payloads) await outbox.put({ topic: 't', payload: String(payload) });
    delivery.wake();
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'delivery-'));
    outbox = await Outbox.open({ folder });
    broker = new FakeBroker();
  });
  afterEach(async () => {
    delivery.stop();
    await outbox.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('sends all in order and empties the outbox', async () => {
    start();
    await put(...Array.from({ length: 50 }, (_, i) => i));
    await until(() => outbox.pending.length === 0);
    assert.deepEqual(
      broker.arrived,
      Array.from({ length: 50 }, (_, i) => String(i)),
    );
  });

  it('waits for the connection', async () => {
    start();
    broker.connected = false;
    await put(1, 2);
    assert.deepEqual(broker.arrived, []);
    broker.connected = true;
    delivery.wake();
    await until(() => outbox.pending.length === 0);
  });

  it('has no more in flight than the window', async () => {
    start({ window: 3 });
    broker.answer = 'on request';
    await put(1, 2, 3, 4, 5);
    assert.deepEqual(broker.arrived, ['1', '2', '3']);
    broker.waiting[0]?.acknowledge();
    await until(() => broker.arrived.length === 4);
  });

  it('keeps a message that is acknowledged before an older one', async () => {
    start();
    broker.answer = 'on request';
    await put(1, 2);
    broker.waiting[1]?.acknowledge();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(outbox.pending.length, 2);
    broker.waiting[0]?.acknowledge();
    await until(() => outbox.pending.length === 0);
  });

  it('goes back to the oldest after a failure, so that first arrivals stay in order', async () => {
    start();
    broker.answer = 'on request';
    await put(1, 2, 3);
    broker.waiting[0]?.acknowledge();
    broker.answer = 'at once';
    broker.waiting[1]?.fail();
    await until(() => outbox.pending.length === 0);
    assert.deepEqual(broker.arrived, ['1', '2', '3', '2', '3']);
  });

  it('sends again what the broker does not acknowledge in time', async () => {
    start({ ackTimeoutMs: 20 });
    broker.answer = 'on request';
    await put(1);
    broker.answer = 'at once';
    await until(() => outbox.pending.length === 0);
    assert.ok(broker.arrived.length >= 2);
  });

  it('does not flood a broker that returns', async () => {
    start({ perSecond: 100, window: 4 });
    const startMs = Date.now();
    await put(...Array.from({ length: 24 }, (_, i) => i));
    await until(() => outbox.pending.length === 0);
    // 4 at once, the other 20 at 100 per second; an upper bound would time the machine
    assert.ok(Date.now() - startMs >= 190, `${Date.now() - startMs} ms`);
  });

  it('gets over messages that the outbox dropped while they were in flight', async () => {
    await outbox.close();
    outbox = await Outbox.open({ folder: join(folder, 'small'), maxBytes: 4000 });
    start({ window: 2 });
    broker.answer = 'on request';
    await put(...Array.from({ length: 100 }, (_, i) => i + 1000));
    assert.ok(outbox.dropped > 0);
    broker.answer = 'at once';
    for (const { acknowledge } of broker.waiting) acknowledge();
    await until(() => outbox.pending.length === 0);
    assert.equal(broker.arrived.at(-1), '1099');
  });
});
