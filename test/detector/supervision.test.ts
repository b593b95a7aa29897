import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import type { DetectOutcome, DetectorOptions } from '../../src/contract/detector';
import { Detector } from '../../src/detector/detector';
import { startLimitMs } from '../../src/detector/detector-process';
import { FAKE_PROGRAM } from '../helpers/fake-process';
import { isAlive, until } from '../helpers/until';

const detectors: Detector[] = [];

function fake(options: Partial<DetectorOptions> = {}): Detector {
  const detector = new Detector({ model: 'good', threads: 1, ...options }, { program: FAKE_PROGRAM });
  detectors.push(detector);
  return detector;
}

const send = (detector: Detector, text: string, more: object = {}) =>
  detector.detect({ image: Buffer.from(text), ...more });

/** What came back, in one word. */
const gist = (outcome: DetectOutcome) => (outcome.inspected ? outcome.detections[0]?.label : outcome.reason);

/** Fills both places in the process with frames that are held there. */
async function occupy(detector: Detector): Promise<Array<Promise<DetectOutcome>>> {
  const frames = [send(detector, 'hold 1'), send(detector, 'hold 2')];
  await until('two frames are in the process', () => detector.stats().inFlight === 2);
  return frames;
}

const isReady = (detector: Detector) => until('the detector is ready', () => detector.stats().state === 'ready');

function assertAddsUp(detector: Detector): void {
  const { offered, inspected, notInspected, inFlight, waiting } = detector.stats();
  assert.equal(offered, inspected + notInspected + inFlight + waiting);
}

afterEach(async () => {
  for (const detector of detectors.splice(0)) {
    await detector.stop();
    assertAddsUp(detector);
  }
});

describe('detector start', () => {
  it('starts one process for two start() calls', async () => {
    const detector = fake();
    const [first, second] = [detector.start(), detector.start()];
    assert.equal(first, second);
    assert.equal((await first).name, 'good');
    const { pid } = detector.stats();
    await detector.start();
    assert.equal(detector.stats().pid, pid);
  });

  it('starts once for two early frames, which both wait for it', async () => {
    const detector = fake({ model: 'slow' });
    const states: string[] = [];
    detector.on('state', (state) => states.push(state));
    const outcomes = await Promise.all([send(detector, 'ok a'), send(detector, 'ok b')]);
    assert.deepEqual(outcomes.map(gist), ['ok a', 'ok b']);
    assert.deepEqual(states, ['starting', 'ready']);
  });

  it('says in one sentence why a model cannot be used, and does not try again', async () => {
    const detector = fake({ model: 'invalid' });
    const early = send(detector, 'ok');
    await assert.rejects(detector.start(), { code: 'MODEL_INVALID', message: 'Expected a model but this is none' });
    const expectedOutcome = {
      inspected: false,
      reason: 'model not available',
      detail: 'Expected a model but this is none',
      code: 'MODEL_INVALID',
    };
    assert.deepEqual(await early, expectedOutcome);
    assert.deepEqual(await send(detector, 'ok'), expectedOutcome);
    assert.deepEqual([detector.stats().state, detector.stats().restarts], ['failed', 0]);
  });

  it('tries again when start() is called again, but not for a frame', async () => {
    const detector = fake({ model: 'invalid' });
    await assert.rejects(detector.start());
    await assert.rejects(detector.reconfigure({ model: 'invalid as well' }), { code: 'MODEL_INVALID' });
    assert.equal(gist(await send(detector, 'ok')), 'model not available');
    const [first, second] = [detector.start(), detector.start()];
    assert.equal(first, second);
    await assert.rejects(first, { code: 'MODEL_INVALID' });
  });

  it('gives up on a model that crashes the process three times, with its last words', async () => {
    const detector = fake({ model: 'crashing' });
    await assert.rejects(detector.start(), {
      code: 'DETECTOR_FAILED',
      message:
        'The detector process ended by SIGSEGV (something is wrong | terminate called without an active exception)',
    });
    assert.deepEqual([detector.stats().state, detector.stats().restarts], ['failed', 2]);
  });

  it('gives up on a model that is never loaded', async () => {
    const detector = new Detector({ model: 'silent' }, { program: FAKE_PROGRAM, startTimeoutMs: 200 });
    await assert.rejects(detector.start(), {
      code: 'DETECTOR_TIMEOUT',
      message: 'The model was not loaded within 0.2 s',
    });
    assert.equal(detector.stats().state, 'failed');
    await detector.stop();
  });

  it('lets a start take a minute, or as long as a frame may: the start runs the model, too', () => {
    assert.equal(startLimitMs({ watchdogMs: 10_000 }), 60_000);
    assert.equal(startLimitMs({ watchdogMs: 600_000 }), 600_000);
  });
});

describe('detector queue', () => {
  it('drops the oldest waiting frame under `latest` and answers it', async () => {
    const detector = fake({ queueLimit: 2 });
    const held = await occupy(detector);
    const waiting = ['ok 1', 'ok 2', 'release 3'].map((text) => send(detector, text));
    assert.deepEqual(await (waiting[0] as Promise<unknown>), {
      inspected: false,
      reason: 'dropped by overload',
      detail: 'Newer frames came faster than they could be inspected',
    });
    assert.equal(detector.stats().waiting, 2);
    await detector.stop();
    assert.deepEqual((await Promise.all([...held, ...waiting])).map(gist), [
      'stopped',
      'stopped',
      'dropped by overload',
      'stopped',
      'stopped',
    ]);
  });

  it('keeps every frame under `every`, set for the detector or for one frame', async () => {
    const detector = fake({ queueLimit: 1, overload: 'every' });
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, index) => send(detector, `ok ${index}`)));
    assert.deepEqual(
      outcomes.map(gist),
      Array.from({ length: 20 }, (_, index) => `ok ${index}`),
    );

    const latest = fake({ queueLimit: 1 });
    await latest.start();
    const mixed = await Promise.all(
      Array.from({ length: 6 }, (_, index) => send(latest, `ok ${index}`, { overload: 'every' })),
    );
    assert.ok(mixed.every(({ inspected }) => inspected));
  });

  it('keeps at most two frames in the process', async () => {
    const detector = fake({ overload: 'every' });
    await detector.start();
    await occupy(detector);
    void send(detector, 'ok');
    assert.deepEqual([detector.stats().inFlight, detector.stats().waiting], [2, 1]);
  });
});

describe('detector process death', () => {
  for (const [what, text, died] of [
    ['a native crash', 'crash', 'The detector process ended by SIGSEGV'],
    ['an exit', 'exit', 'The detector process ended with status 3'],
    ['bytes that are no protocol', 'garble', /^The detector process ended by SIGKILL/],
  ] as const) {
    it(`answers every frame in the process after ${what} and starts anew`, async () => {
      const detector = fake();
      const reasons: string[] = [];
      detector.on('state', (state, reason) => reason && reasons.push(`${state}: ${reason.message}`));
      await detector.start();
      const { pid } = detector.stats();
      const [held, fatal, waiting] = await Promise.all([
        send(detector, 'hold'),
        send(detector, text),
        send(detector, 'ok after'),
      ]);
      assert.deepEqual(
        [gist(held), gist(fatal), gist(waiting)],
        ['detector restarted', 'detector restarted', 'ok after'],
      );
      assert.ok(!fatal.inspected && fatal.code === 'DETECTOR_FAILED');
      if (typeof died === 'string') assert.equal(fatal.detail, died);
      else assert.match(fatal.detail, died);
      assert.equal(reasons[0], `restarting: ${fatal.detail}`);
      assert.notEqual(detector.stats().pid, pid);
      assert.equal(detector.stats().restarts, 1);
    });
  }

  it('survives SIGKILL from outside', async () => {
    const detector = fake();
    await detector.start();
    const frames = await occupy(detector);
    process.kill(detector.stats().pid as number, 'SIGKILL');
    assert.deepEqual((await Promise.all(frames)).map(gist), ['detector restarted', 'detector restarted']);
    assert.equal(gist(await send(detector, 'ok')), 'ok');
  });

  it('ends a stuck process: `timeout` for the frame to blame, `detector restarted` for the one behind it', async () => {
    const detector = fake({ watchdogMs: 300 });
    await detector.start();
    const [stuck, behind] = await Promise.all([send(detector, 'hang'), send(detector, 'ok')]);
    assert.deepEqual(stuck, {
      inspected: false,
      reason: 'timeout',
      detail: 'The detector did not answer within 0.3 s',
      code: 'DETECTOR_TIMEOUT',
    });
    assert.equal(gist(behind), 'detector restarted');
    await until('it was restarted', () => detector.stats().restarts === 1);
    await isReady(detector);
    assert.equal(gist(await send(detector, 'ok again')), 'ok again');
  });

  it('ends a stopped (SIGSTOP) process just the same', async () => {
    const detector = fake({ watchdogMs: 300 });
    await detector.start();
    process.kill(detector.stats().pid as number, 'SIGSTOP');
    assert.equal(gist(await send(detector, 'ok')), 'timeout');
    // the process was told to go but is not gone: it must not be given this frame
    const next = send(detector, 'ok again');
    assert.equal(detector.stats().waiting, 1);
    await until('it was restarted', () => detector.stats().restarts === 1);
    await isReady(detector);
    assert.ok(await next);
    assert.equal(gist(await send(detector, 'ok again')), 'ok again');
  });

  it('notices a frozen (SIGSTOP) process long before the watchdog, whether it has work or not', async () => {
    const detector = fake({ watchdogMs: 600_000 });
    await detector.start();
    process.kill(detector.stats().pid as number, 'SIGSTOP');
    await until('it was restarted', () => detector.stats().restarts === 1);
    await isReady(detector);
    process.kill(detector.stats().pid as number, 'SIGSTOP');
    assert.equal(gist(await send(detector, 'ok')), 'timeout');
    await isReady(detector);
    assert.equal(gist(await send(detector, 'ok again')), 'ok again');
  });

  it('never gives up on a model that worked once: its file is away for a while', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'away-'));
    const file = join(folder, 'model');
    writeFileSync(file, '');
    const detector = fake({ model: `only-with ${file}`, watchdogMs: 100 });
    await detector.start();
    rmSync(file);
    process.kill(detector.stats().pid as number, 'SIGKILL');
    await until('it was tried in vain', () => detector.stats().restarts >= 3);
    assert.equal(detector.stats().state, 'restarting');
    assert.deepEqual(await send(detector, 'ok'), {
      inspected: false,
      reason: 'model not available',
      detail: 'The detector is being restarted: Expected a model but this is none',
      code: 'MODEL_INVALID',
    });
    writeFileSync(file, '');
    await isReady(detector);
    assert.equal(gist(await send(detector, 'ok again')), 'ok again');
    rmSync(folder, { recursive: true });
  });

  it('does not let frames wait for a process that stays away', async () => {
    const detector = fake({ watchdogMs: 200, overload: 'every' });
    await detector.start();
    // the pauses before a restart grow past the watchdog's time
    for (let death = 0; death < 3; death++) {
      await isReady(detector);
      process.kill(detector.stats().pid as number, 'SIGKILL');
      await until('the death was seen', () => detector.stats().state === 'restarting');
    }
    const outcome = await send(detector, 'ok');
    assert.equal(gist(outcome), 'detector restarted');
    // nor those that come while it is still away
    assert.equal(gist(await send(detector, 'ok')), 'detector restarted');
    assert.equal(detector.stats().state, 'restarting');
  });
});

describe('detector frames', () => {
  it('answers a bad image without disturbing the others', async () => {
    const detector = fake({ overload: 'every' });
    const outcomes = await Promise.all(['ok 1', 'bad', 'ok 2'].map((text) => send(detector, text)));
    assert.deepEqual(outcomes.map(gist), ['ok 1', 'bad image', 'ok 2']);
    assert.equal(detector.stats().restarts, 0);
  });

  for (const [request, detail] of [
    [{ image: 'a string' }, 'Expected a Buffer with an encoded picture for the image but received "a string"'],
    [
      { image: Buffer.alloc(0) },
      'Expected a Buffer with an encoded picture for the image but received a Buffer of 0 bytes',
    ],
    [{ image: undefined }, 'Expected a Buffer with an encoded picture for the image but received undefined'],
    [{ image: Buffer.from('ok'), confidence: 2 }, 'Expected a number between 0 and 1 for confidence but received 2'],
    [{ image: Buffer.from('ok'), overload: 'none' }, 'Expected one of latest, every for overload but received "none"'],
  ] as Array<[object, string]>) {
    it(`answers ${detail}`, async () => {
      const detector = fake();
      const outcome = await detector.detect(request as Parameters<Detector['detect']>[0]);
      assert.ok(!outcome.inspected);
      const reason = detail.includes('the image') ? 'bad image' : 'bad message';
      assert.deepEqual([outcome.reason, outcome.detail], [reason, detail]);
    });
  }
});

describe('detector reconfigure', () => {
  it('warms up the new process before the old one goes, and loses no frame', async () => {
    const detector = fake({ overload: 'every' });
    await detector.start();
    const before = detector.stats().pid as number;
    let isChanging = true;
    const change = detector.reconfigure({ model: 'slow', threads: 3 }).finally(() => (isChanging = false));
    const frames: Array<Promise<DetectOutcome>> = [];
    while (isChanging) {
      frames.push(send(detector, `ok ${frames.length}`), send(detector, `ok ${frames.length + 1}`));
      await frames.at(-1);
    }
    frames.push(send(detector, `ok ${frames.length}`));
    assert.equal((await change).name, 'slow');
    const outcomes = await Promise.all(frames);
    assert.deepEqual(
      outcomes.map(gist),
      outcomes.map((_, index) => `ok ${index}`),
    );
    const models = outcomes.map((outcome) => outcome.inspected && `${outcome.model.name}/${outcome.threads}`);
    assert.deepEqual([...new Set(models)], ['good/1', 'slow/3']);
    assert.equal(detector.stats().restarts, 0);
    await until('the old process is gone', () => !isAlive(before));
  });

  it('keeps the old process when the new model cannot be used', async () => {
    const detector = fake();
    await detector.start();
    const { pid } = detector.stats();
    await assert.rejects(detector.reconfigure({ model: 'invalid' }), { code: 'MODEL_INVALID' });
    await assert.rejects(detector.reconfigure({ threads: -1 }), { code: 'BAD_ARGUMENT' });
    assert.equal(gist(await send(detector, 'ok')), 'ok');
    assert.equal(detector.stats().pid, pid);
  });

  it('lets frames in the old process finish first, so that answers keep their order', async () => {
    const detector = fake({ overload: 'every' });
    await detector.start();
    const order: string[] = [];
    const note = (outcome: DetectOutcome) =>
      order.push(outcome.inspected ? `${gist(outcome)} by ${outcome.model.name}` : outcome.reason);
    const go = join(mkdtempSync(join(tmpdir(), 'detector-')), 'go');
    const old = send(detector, `until ${go}`).then(note);
    const change = detector.reconfigure({ model: 'good 2' });
    // given to the new process only, because the old one is closed to new work as soon as the new one is warm
    await until('the new process is warm', () => detector.stats().pid === undefined);
    const next = send(detector, 'ok 2').then(note);
    assert.deepEqual([detector.stats().inFlight, detector.stats().waiting], [1, 1]);
    writeFileSync(go, '');
    await Promise.all([change, old, next]);
    assert.deepEqual(order, ['until by good', 'ok 2 by good 2']);
    rmSync(dirname(go), { recursive: true });
  });

  it('brings a failed detector back', async () => {
    const detector = fake({ model: 'invalid' });
    await assert.rejects(detector.start());
    assert.equal((await detector.reconfigure({ model: 'good' })).name, 'good');
    assert.equal(gist(await send(detector, 'ok')), 'ok');
  });

  it('takes one change after the other', async () => {
    const detector = fake();
    await detector.start();
    const names = await Promise.all([
      detector.reconfigure({ model: 'slow 1' }),
      detector.reconfigure({ model: 'good 2' }),
    ]);
    assert.deepEqual(
      names.map(({ name }) => name),
      ['slow 1', 'good 2'],
    );
    const outcome = await send(detector, 'ok');
    assert.ok(outcome.inspected && outcome.model.name === 'good 2');
  });
});

describe('detector stop', () => {
  it('ends the process at once, even when it is stuck, and answers every frame', async () => {
    // nothing but stop() can end the process: the watchdog would take ten minutes
    const detector = fake({ overload: 'every', watchdogMs: 600_000 });
    await detector.start();
    const pid = detector.stats().pid as number;
    const frames = ['hang', 'ok 1', 'ok 2'].map((text) => send(detector, text));
    let stopped = false;
    void detector.stop().then(() => (stopped = true));
    await until('the detector has stopped', () => stopped);
    assert.ok(!isAlive(pid));
    assert.deepEqual((await Promise.all(frames)).map(gist), ['stopped', 'stopped', 'stopped']);
    assert.equal(gist(await send(detector, 'ok')), 'stopped');
    assert.equal(detector.stats().state, 'stopped');
  });

  it('ends a start that is under way', async () => {
    const detector = fake({ model: 'silent' });
    const started = assert.rejects(detector.start(), { code: 'CANCELLED' });
    const frame = send(detector, 'ok');
    await detector.stop();
    await started;
    assert.equal(gist(await frame), 'stopped');
  });

  it('ends a change that is under way', async () => {
    const detector = fake();
    await detector.start();
    const changed = assert.rejects(detector.reconfigure({ model: 'silent' }), { code: 'CANCELLED' });
    await detector.stop();
    await changed;
  });

  it('may be called before the start, twice, and be followed by a new start', async () => {
    const detector = fake();
    await detector.stop();
    assert.equal((await detector.start()).name, 'good');
    await Promise.all([detector.stop(), detector.stop()]);
    assert.equal((await detector.start()).name, 'good');
    assert.equal(gist(await send(detector, 'ok')), 'ok');
  });
});
