import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AlertStation } from '../../src/alert/station';
import { readRules } from '../../src/alert/judge/rules';
import { detection, FRAME, INFERENCE, NOW_MS, SHA256 } from './fixtures';
import { assertValid, shippedSchemas } from './schemas';

const schemas = shippedSchemas();
const frame = (payload: unknown) => ({ payload, frame: FRAME, inference: INFERENCE });

function station(rules: object = {}): AlertStation {
  return new AlertStation('line-1', NOW_MS, readRules(rules));
}

describe('AlertStation', () => {
  it('passes a part without defects and counts it', () => {
    const { verdict, alerts, error } = station().judge(frame([]), NOW_MS);
    assertValid(schemas['inspection-verdict'], verdict);
    assert.equal(error, undefined);
    assert.equal(verdict.verdict, 'PASS');
    assert.deepEqual(alerts, []);
    assert.deepEqual(verdict.counters, {
      triggers: 1,
      pass: 1,
      fail: 0,
      notInspected: 0,
      since: '2026-01-02T03:04:06.000Z',
    });
  });

  it('fails a part with a defect, and the alert says all that traces it', () => {
    const { verdict, alerts } = station().judge(frame([detection()]), NOW_MS);
    assert.equal(verdict.verdict, 'FAIL');
    assert.equal(alerts.length, 1);
    const [alert] = alerts;
    assertValid(schemas['defect-alert'], alert);
    assertValid(schemas['inspection-verdict'], verdict);
    assert.equal(alert?.time, '2026-01-02T03:04:06.000Z');
    assert.equal(alert?.station, 'line-1');
    assert.deepEqual(alert?.frame, FRAME);
    assert.equal(alert?.model?.sha256, SHA256);
    assert.deepEqual(alert?.thresholds, { confidence: 0.25, iou: 0.45, minConfidence: 0.25 });
    assert.equal(alert?.rules.minConfidence, 0.25);
    assert.equal(alert?.rulesId, verdict.rulesId);
    assert.deepEqual(alert?.defects, [{ ...detection(), severity: 'major' }]);
  });

  it('accepts a message that only has detections', () => {
    const { verdict, alerts } = station().judge({ payload: [detection()] }, NOW_MS);
    assertValid(schemas['defect-alert'], alerts[0]);
    assertValid(schemas['inspection-verdict'], verdict);
    assert.ok(verdict.frame.id.length > 0);
    assert.equal(verdict.model, null);
  });

  it('carries the thermal state', () => {
    const inference = { ...INFERENCE, thermal: { state: 'hot', tempC: 81.5 } };
    const { alerts } = station().judge({ payload: [detection()], inference }, NOW_MS);
    assertValid(schemas['defect-alert'], alerts[0]);
    assert.deepEqual(alerts[0]?.thermal, { state: 'hot', tempC: 81.5 });
  });

  it('a message that stands for 50 frames counts as 50 parts, and says so', () => {
    const subject = station();
    const missed = { reason: 'camera lost', detail: 'The cable is out', count: 50 };
    const { verdict } = subject.judge({ frame: FRAME, notInspected: missed }, NOW_MS);
    assertValid(schemas['inspection-verdict'], verdict);
    assert.deepEqual([verdict.count, verdict.counters.triggers, verdict.counters.notInspected], [50, 50, 50]);
    const { verdict: one } = subject.judge({ frame: FRAME, notInspected: { ...missed, count: 1 } }, NOW_MS);
    assert.deepEqual([one.count, one.counters.notInspected], [undefined, 51]);
    for (const count of [0, -1, 1.5, 'many', 1e12, {}]) {
      const { verdict: refused, error } = subject.judge({ frame: FRAME, notInspected: { ...missed, count } }, NOW_MS);
      assert.deepEqual([refused.reason, refused.count], ['bad message', undefined]);
      assert.match(
        error?.message ?? '',
        /^Expected a whole number between 1 and \d+ for msg\.notInspected\.count but received/,
      );
    }
    assert.equal(subject.counters.triggers, 57);
  });

  it('hands on why a frame was not inspected', () => {
    const notInspected = { reason: 'too hot', detail: 'CPU at 86 °C' };
    const { verdict, alerts } = station().judge({ frame: FRAME, notInspected }, NOW_MS);
    assertValid(schemas['inspection-verdict'], verdict);
    assert.equal(verdict.verdict, 'NOT_INSPECTED');
    assert.equal(verdict.reason, 'too hot');
    assert.equal(verdict.detail, 'CPU at 86 °C');
    assert.deepEqual(alerts, []);
  });

  for (const input of [
    { payload: 'cat' },
    { payload: undefined },
    { payload: [7] },
    { notInspected: { reason: 'bored' } },
    { notInspected: null },
  ]) {
    it(`answers NOT_INSPECTED and an error to ${JSON.stringify(input)}`, () => {
      const { verdict, error } = station().judge(input, NOW_MS);
      assertValid(schemas['inspection-verdict'], verdict);
      assert.equal(verdict.reason, 'bad message');
      assert.match(error?.message ?? '', /^Expected .* for msg\..* but received /);
    });
  }

  it('a latency below nothing is none: the verdict is valid all the same', () => {
    const inference = { ...INFERENCE, latencyMs: { ...INFERENCE.latencyMs, total: -1 } };
    const { verdict } = station().judge({ payload: [], frame: FRAME, inference }, NOW_MS);
    assertValid(schemas['inspection-verdict'], verdict);
    assert.equal(verdict.latencyMs, null);
  });

  it('keeps the sum of the counters right over any mixture', () => {
    const line = station();
    const inputs = [frame([]), frame([detection()]), { payload: 'x' }, { notInspected: { reason: 'timeout' } }];
    let last = line.judge(frame([]), NOW_MS).verdict;
    for (let i = 0; i < 100; i += 1) last = line.judge(inputs[i % 4] ?? {}, NOW_MS + i).verdict;
    const { triggers, pass, fail, notInspected } = last.counters;
    assert.deepEqual([triggers, pass, fail, notInspected], [101, 26, 25, 50]);
  });

  it('judges by changed rules from the next frame on, and a bad change changes nothing', () => {
    const line = station();
    line.changeRules({ minConfidence: 0.95 });
    assert.equal(line.judge(frame([detection()]), NOW_MS).verdict.verdict, 'PASS');
    assert.throws(() => line.changeRules({ minConfidence: 7 }), /rules.minConfidence but received 7/);
    assert.equal(line.rules.minConfidence, 0.95);
  });

  it('lists at most 50 defects, the worst first, and says how many it left out', () => {
    const many = Array.from({ length: 500 }, (_, i) =>
      detection({ label: i === 499 ? 'crack' : 'dust', confidence: 0.5, box: { x: i, y: 0, width: 1, height: 1 } }),
    );
    const { alerts } = station({ classes: { crack: { severity: 'critical' } } }).judge(frame(many), NOW_MS);
    assert.equal(alerts[0]?.defects.length, 50);
    assert.equal(alerts[0]?.defectsOmitted, 450);
    assert.equal(alerts[0]?.defects[0]?.label, 'crack');
    assert.equal(alerts[0]?.severity, 'critical');
    assertValid(schemas['defect-alert'], alerts[0]);
    assert.ok(JSON.stringify(alerts[0]).length < 16_384);
  });

  it('makes hostile names harmless in messages', () => {
    const label = `<script>\n${'#'.repeat(65_536)}`;
    const { verdict, alerts } = station().judge(
      { payload: [detection({ label })], frame: { id: '../../etc/passwd\0', source: 'a\nb' }, inference: { model: 7 } },
      NOW_MS,
    );
    assertValid(schemas['defect-alert'], alerts[0]);
    assertValid(schemas['inspection-verdict'], verdict);
    assert.doesNotMatch(JSON.stringify(alerts[0]), /<script|\\n|\\u0000/);
  });
});

describe('rate limit', () => {
  it('bounds a burst of 500 and sums up what it held back', () => {
    const line = station({ rateLimit: { alerts: 5, perMs: 1000 } });
    const sent = Array.from({ length: 500 }, (_, i) => line.judge(frame([detection()]), NOW_MS + i)).flatMap(
      ({ alerts }) => alerts,
    );
    assert.equal(sent.length, 5);
    assert.equal(line.summary(NOW_MS + 600), undefined);
    const dueMs = line.summaryDueMs ?? 0;
    assert.equal(dueMs, NOW_MS + 1000);
    const summary = line.summary(dueMs);
    assertValid(schemas['defect-alert'], summary);
    assert.equal(summary?.event, 'summary');
    assert.equal(summary?.severity, 'major');
    assert.deepEqual(summary?.heldBack?.labels, { scratch: 495 });
    assert.equal(summary?.heldBack?.alerts, 495);
    assert.equal(line.summaryDueMs, undefined);
  });

  it('tells with the next alert what was held back, and then no more', () => {
    const line = station({ rateLimit: { alerts: 1, perMs: 1000 } });
    line.judge(frame([detection()]), NOW_MS);
    line.judge(frame([detection(), detection({ label: 'dent' })]), NOW_MS + 1);
    const { alerts } = line.judge(frame([detection()]), NOW_MS + 2000);
    assert.equal(alerts[0]?.event, 'raised');
    assert.deepEqual(alerts[0]?.heldBack?.labels, { scratch: 1, dent: 1 });
    assertValid(schemas['defect-alert'], alerts[0]);
    assert.equal(line.judge(frame([detection()]), NOW_MS + 4000).alerts[0]?.heldBack, undefined);
  });

  it('does not stay shut when the clock is set back', () => {
    const line = station({ rateLimit: { alerts: 1, perMs: 1000 } });
    line.judge(frame([detection()]), NOW_MS, 0);
    assert.equal(line.judge(frame([detection()]), NOW_MS - 3_600_000, 500).alerts.length, 0);
    assert.equal(line.judge(frame([detection()]), NOW_MS - 3_600_000, 1000).alerts.length, 1);
  });
});

describe('stream mode', () => {
  const rules = {
    events: { mode: 'stream', clearAfterFrames: 3, stillThereMs: 10_000 },
    debounce: { hits: 2, frames: 3 },
  };
  const moved = (x: number) => frame([detection({ box: { x, y: 100, width: 100, height: 100 } })]);

  it('tells one event once: raised after k of n, still there, cleared', () => {
    const line = station(rules);
    const told: string[] = [];
    const verdicts: string[] = [];
    const see = (input: ReturnType<typeof frame>, atMs: number) => {
      const { verdict, alerts } = line.judge(input, NOW_MS + atMs);
      verdicts.push(verdict.verdict);
      for (const alert of alerts) {
        assertValid(schemas['defect-alert'], alert);
        told.push(`${atMs} ${alert.event} ${alert.defects[0]?.eventId}`);
      }
    };
    see(moved(0), 0);
    see(moved(20), 100);
    see(moved(40), 200);
    see(frame([]), 300);
    see(moved(60), 400);
    see(moved(80), 10_200);
    for (const atMs of [10_300, 10_400, 10_500, 10_600]) see(frame([]), atMs);
    const id = told[0]?.split(' ').at(-1);
    assert.deepEqual(told, [`100 raised ${id}`, `10200 still there ${id}`, `10500 cleared ${id}`]);
    assert.deepEqual(verdicts, ['PASS', 'FAIL', 'FAIL', 'PASS', 'FAIL', 'FAIL', 'PASS', 'PASS', 'PASS', 'PASS']);
  });

  it('ignores a flicker below k of n', () => {
    const line = station(rules);
    const told = [moved(0), frame([]), frame([]), moved(0), frame([])].flatMap(
      (input, i) => line.judge(input, NOW_MS + i).alerts,
    );
    assert.deepEqual(told, []);
  });

  it('keeps two defects of one class apart', () => {
    const line = station(rules);
    const two = frame([detection(), detection({ box: { x: 0, y: 0, width: 40, height: 40 } })]);
    line.judge(two, NOW_MS);
    const [alert] = line.judge(two, NOW_MS + 1).alerts;
    assert.equal(new Set(alert?.defects.map(({ eventId }) => eventId)).size, 2);
  });
});

describe('debounce in part mode', () => {
  it('holds the alert back, never the verdict', () => {
    const line = station({ debounce: { hits: 2, frames: 3 } });
    const first = line.judge(frame([detection()]), NOW_MS);
    assert.deepEqual([first.verdict.verdict, first.alerts.length], ['FAIL', 0]);
    line.judge(frame([]), NOW_MS + 1);
    assert.equal(line.judge(frame([detection()]), NOW_MS + 2).alerts.length, 1);
  });
});
