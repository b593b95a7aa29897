import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { Alert } from '../../src/alert/judge/messages';
import { readRules } from '../../src/alert/judge/rules';
import { Delivery } from '../../src/alert/deliver/delivery';
import { Outbox } from '../../src/alert/deliver/outbox';
import { GoldenCheck, type GoldenOptions } from '../../src/alert/golden/check';
import { NO_MEMORY } from '../../src/alert/golden/memory';
import { AlertService } from '../../src/alert/service';
import { steadyNowMs } from '../../src/kit/clock';
import { waitFor } from '../helpers/wait-for';
import { detection, FRAME, INFERENCE, NOW_MS } from './fixtures';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What somebody, or NTP, has put the machine's clock forward by. */
let shiftMs = 0;

describe('a clock that is set', () => {
  const realNow = Date.now;
  beforeEach(() => {
    shiftMs = 0;
    mock.method(Date, 'now', () => realNow() + shiftMs);
  });
  afterEach(() => mock.restoreAll());

  it('an hour forward and back does not stall delivery', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'clock-'));
    const outbox = await Outbox.open({ folder });
    const arrived: string[] = [];
    let fails = 1;
    const publish = ({ payload }: { payload: string }): Promise<void> => {
      if (fails-- > 0) {
        // the next try is planned by a clock that is an hour ahead, and then is not any more
        queueMicrotask(() => setImmediate(() => (shiftMs = 0)));
        return Promise.reject(new Error('connection lost'));
      }
      arrived.push(payload);
      return Promise.resolve();
    };
    const delivery = new Delivery(outbox, { connected: true, publish }, { retryMs: 20 });
    t.after(async () => {
      delivery.stop();
      await outbox.close();
      rmSync(folder, { recursive: true });
    });
    shiftMs = HOUR_MS;
    await outbox.put({ topic: 't', payload: 'a' });
    delivery.wake();
    await waitFor('the message', () => outbox.pending.length === 0);
    assert.deepEqual(arrived, ['a']);
  });

  it('an hour forward does not send again what is in flight', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'clock-'));
    const outbox = await Outbox.open({ folder });
    let sent = 0;
    const delivery = new Delivery(outbox, { connected: true, publish: () => ((sent += 1), new Promise(() => {})) });
    t.after(async () => {
      delivery.stop();
      await outbox.close();
      rmSync(folder, { recursive: true });
    });
    await outbox.put({ topic: 't', payload: 'a' });
    delivery.wake();
    shiftMs = HOUR_MS;
    delivery.wake();
    assert.equal(sent, 1);
  });

  it('thirty days back with a summary pending: it comes in its time, and no timer spins', async (t) => {
    const alerts: Alert[] = [];
    let looks = 0;
    const clock = { wallMs: () => Date.now(), steadyMs: () => ((looks += 1), steadyNowMs()) };
    const service = await AlertService.start(
      { station: 's', alertTopic: 'a', rules: readRules({ rateLimit: { alerts: 1, perMs: 400 } }) },
      { alert: (_topic, alert) => alerts.push(alert as Alert), picture: () => undefined, warn: () => undefined, clock },
    );
    t.after(() => service.stop());
    for (let i = 0; i < 3; i++) service.handle({ payload: [detection()], frame: FRAME, inference: INFERENCE });
    shiftMs = -30 * DAY_MS;
    await waitFor('the summary', () => alerts.some(({ event }) => event === 'summary'));
    assert.equal(alerts.find(({ event }) => event === 'summary')?.heldBack?.alerts, 2);
    assert.ok(looks < 50, `${looks} looks at the clock`);
  });
});

describe('golden samples and a clock that is set', () => {
  const OPTIONS: GoldenOptions = {
    samples: [{ name: 'good', expect: 'PASS' } as never],
    schedule: { kind: 'hours', hours: 8 },
    expiryMs: 600_000,
    reminderMs: HOUR_MS,
    graceMs: HOUR_MS / 2,
    overdue: 'stop',
  };
  const trace = { id: 'f', source: 'cam-1', capturedAt: null } as never;
  const announce = { kind: 'announce', sample: 'good', camera: null } as never;

  it('an hour forward and back lets no announcement expire', () => {
    const check = new GoldenCheck('s', OPTIONS, NO_MEMORY, NOW_MS, 0);
    check.command(announce, NOW_MS, 0);
    check.tick(NOW_MS + HOUR_MS, 1000);
    assert.ok(check.claim(trace, NOW_MS + HOUR_MS, 1000));
    assert.ok(check.claim(trace, NOW_MS + 2000, 2000));
    assert.equal(check.claim(trace, NOW_MS + 600_000, 600_000), undefined);
  });

  it('an hour forward does not make a check that is just due overdue, which would stop the line', () => {
    const check = new GoldenCheck('s', OPTIONS, NO_MEMORY, NOW_MS, 0);
    assert.equal(check.hold(NOW_MS + HOUR_MS, 1000), undefined);
    assert.match(check.hold(NOW_MS + HOUR_MS, HOUR_MS) ?? '', /overdue/);
  });

  it('eight hours are eight hours after a sample was right, whatever the clock says', () => {
    const check = new GoldenCheck('s', OPTIONS, NO_MEMORY, NOW_MS, 0);
    check.command(announce, NOW_MS, 0);
    const claim = check.claim(trace, NOW_MS, 0);
    assert.ok(claim);
    check.ended(claim, { verdict: 'PASS' } as never, [], NOW_MS, 0);
    assert.equal(check.state(NOW_MS + 9 * HOUR_MS, 1000).due, null);
    assert.equal(check.state(NOW_MS - 30 * DAY_MS, 1000).due, null);
    assert.ok(check.state(NOW_MS - 30 * DAY_MS, 8 * HOUR_MS).due);
  });

  it('a sample that was right before the restart is due when its hours are over, not at once', () => {
    const rightAt = new Date(NOW_MS - HOUR_MS).toISOString();
    const since = new Date(NOW_MS - DAY_MS).toISOString();
    const memory = { ...NO_MEMORY, since, results: [{ sample: 'good', outcome: 'right' as const, rightAt }] };
    const check = new GoldenCheck('s', OPTIONS, memory, NOW_MS, 0);
    assert.equal(check.state(NOW_MS, 0).due, null);
    assert.equal(check.nextTickMs(NOW_MS, 0), NOW_MS + 7 * HOUR_MS);
    assert.ok(check.state(NOW_MS + 7 * HOUR_MS, 7 * HOUR_MS).due);
  });

  it('thirty days back: a check that is due is said again in its time', () => {
    const check = new GoldenCheck('s', OPTIONS, NO_MEMORY, NOW_MS, 0);
    assert.deepEqual(
      check.tick(NOW_MS, 0).map(({ event }) => event),
      ['due'],
    );
    const back = NOW_MS - 30 * DAY_MS;
    assert.ok(check.nextTickMs(back, 1000) - back <= HOUR_MS / 2);
    assert.deepEqual(
      check.tick(back + HOUR_MS, HOUR_MS).map(({ event }) => event),
      ['overdue'],
    );
    assert.deepEqual(
      check.tick(back + 2 * HOUR_MS, 2 * HOUR_MS).map(({ event }) => event),
      ['due'],
    );
  });
});
