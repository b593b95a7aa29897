import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InspectionError } from '../../src/contract/errors';
import { Camera, type CameraAnswer } from '../../src/camera/camera';
import { polledSource } from '../../src/camera/sources/polled';
import { parseSettings } from '../../src/camera/settings';
import type { Picture, SourceListener } from '../../src/camera/sources/source';
import { FrameLedger } from '../../src/station/ledger';
import { Scheduler } from '../../src/station/scheduler';
import { jpeg, markOf, stopAfter, until } from './support';
import { steadyNowMs } from '../../src/kit/clock';

/** A camera over a source whose pictures the test decides on. */
function makeCamera(
  settings: Record<string, unknown>,
  grab?: (signal: AbortSignal) => Promise<Picture>,
  id?: string,
  backOff = { firstMs: 2, maxMs: 5 },
) {
  let count = 0;
  const pictures = async (): Promise<Picture> => ({
    bytes: jpeg(String(count++)),
    format: 'jpeg',
    width: 64,
    height: 48,
    capturedAtMs: steadyNowMs(),
  });
  const flights = new FrameLedger();
  const scheduler = new Scheduler();
  const camera = new Camera(
    {
      settings: parseSettings(settings),
      canWait: true,
      open: (listener) => polledSource({ label: 'test', grab: grab ?? pictures, listener, backOff }),
    },
    { id, flights, scheduler },
  );
  const answers: CameraAnswer[] = [];
  const problems: string[] = [];
  camera.on('answer', (answer) => answers.push(answer));
  camera.on('problem', (error) => problems.push(error.message));
  stopAfter(camera).start();
  return { camera, flights, scheduler, answers, problems };
}

function assertCountersAddUp({ status }: Camera): void {
  const { asked, sent, dropped, tooHot, failed, stopped } = status.counters;
  assert.equal(asked, sent + dropped + tooHot + failed + stopped, JSON.stringify(status.counters));
}

/** Every number is answered for: by its own message, or by one that stands for several frames. */
function assertNoSilentGap(answers: CameraAnswer[]): void {
  let next = 0;
  for (const { frame, notInspected } of answers) {
    assert.equal(frame.seq, next, JSON.stringify(notInspected));
    next += notInspected?.count ?? 1;
  }
}

/** What was missed for a reason: in how many messages, for how many frames. */
function missedFor(answers: CameraAnswer[], reason: string): { messages: number; frames: number } {
  const missed = answers.flatMap(({ notInspected }) => (notInspected?.reason === reason ? [notInspected] : []));
  return { messages: missed.length, frames: missed.reduce((sum, { count = 1 }) => sum + count, 0) };
}

describe('camera', () => {
  it('answers a trigger with a picture taken after it', async () => {
    const { camera } = makeCamera({ trigger: 'message', name: 'line 1', rotate: 90, region: '0,0,10,10' });
    const before = steadyNowMs();
    const answer = await camera.trigger();
    assert.equal(markOf(answer.bytes), '0');
    const { id, capturedAt, triggerToCaptureMs, ...rest } = answer.frame;
    assert.match(id, /^[0-9a-f-]{36}$/);
    assert.ok(Date.parse(capturedAt) >= before);
    assert.ok(triggerToCaptureMs !== undefined && triggerToCaptureMs >= 0);
    assert.deepEqual(rest, {
      seq: 0,
      source: 'line 1',
      width: 64,
      height: 48,
      format: 'jpeg',
      rotate: 90,
      region: { x: 0, y: 0, width: 10, height: 10 },
    });
    assert.equal((await camera.trigger()).frame.seq, 1);
    await camera.stop();
    assertCountersAddUp(camera);
  });

  it('answers a trigger whose picture does not come in time', async () => {
    const never = (signal: AbortSignal) =>
      new Promise<Picture>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    const { camera } = makeCamera({ trigger: 'message', timeout: 0.1 }, never);
    const answer = await camera.trigger();
    assert.equal(answer.notInspected?.reason, 'timeout');
    assert.match(answer.error?.message ?? '', /"test" gave no picture within 100 ms of the trigger/);
    assert.equal(answer.bytes.length, 0);
    await camera.stop();
    assertCountersAddUp(camera);
  });

  it('answers triggers while the camera is lost, each with the reason', async () => {
    const lost = async () => {
      throw new InspectionError('SOURCE_UNAVAILABLE', 'The cable is out');
    };
    const { camera } = makeCamera({ trigger: 'message' }, lost);
    for (let trigger = 0; trigger < 3; trigger += 1) {
      const { notInspected, error } = await camera.trigger();
      assert.deepEqual(notInspected, { reason: 'camera lost', detail: 'The cable is out' });
      assert.equal(error?.code, 'SOURCE_UNAVAILABLE');
    }
    assert.equal(camera.status.counters.failed, 3);
    await camera.stop();
  });

  it('answers a trigger at once when 32 are waiting for their picture already', async () => {
    const never = (signal: AbortSignal) =>
      new Promise<Picture>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    const { camera } = makeCamera({ trigger: 'message', timeout: 600 }, never);
    const waiting = Array.from({ length: 32 }, () => camera.trigger());
    assert.deepEqual((await camera.trigger()).notInspected, {
      reason: 'dropped by overload',
      detail: '32 triggers are waiting for their picture already',
    });
    await camera.stop();
    for (const { notInspected } of await Promise.all(waiting)) assert.equal(notInspected?.reason, 'stopped');
    assertCountersAddUp(camera);
  });

  it('free run: one problem per loss, each answered, then pictures again', async () => {
    let attempt = 0;
    const flaky = async (): Promise<Picture> => {
      attempt += 1;
      // lost twice: attempts 3 to 6, and 9
      if ((attempt >= 3 && attempt <= 6) || attempt === 9) throw new Error(`no signal at ${attempt}`);
      return { bytes: jpeg(), format: 'jpeg', width: 64, height: 48, capturedAtMs: steadyNowMs() };
    };
    const { camera, answers, problems } = makeCamera({ fps: 0 }, flaky);
    await until(() => answers.length >= 10, 'ten answers');
    await camera.stop();
    assert.deepEqual(problems, ['no signal at 3', 'no signal at 9']);
    const reasons = answers.map((answer) => answer.notInspected?.reason ?? 'sent');
    assert.deepEqual(reasons.slice(0, 5), ['sent', 'sent', 'camera lost', 'sent', 'sent']);
    assert.equal(reasons.filter((reason) => reason === 'camera lost').length, 2);
    assertNoSilentGap(answers);
    assertCountersAddUp(camera);
  });

  it('free run: a broken picture is answered as a bad image, and the camera is not lost', async () => {
    let attempt = 0;
    const broken = async (): Promise<Picture> => {
      if (attempt++ === 1) throw new InspectionError('BAD_IMAGE', 'Half a picture');
      return { bytes: jpeg(), format: 'jpeg', width: 64, height: 48, capturedAtMs: steadyNowMs() };
    };
    const { camera, answers, problems } = makeCamera({ fps: 0 }, broken);
    await until(() => answers.length >= 3, 'three answers');
    await camera.stop();
    assert.deepEqual(answers[1]?.notInspected, { reason: 'bad image', detail: 'Half a picture' });
    assert.equal(answers[1]?.error?.code, 'BAD_IMAGE');
    assert.deepEqual([answers[0]?.notInspected, answers[2]?.notInspected], [undefined, undefined]);
    assert.deepEqual(problems, []);
  });

  it('free run under overload latest: what is replaced is answered, and the newest goes on', async () => {
    const { camera, answers, flights } = makeCamera({ fps: 0, overload: 'latest' });
    flights.enter('test', 'x');
    flights.enter('test', 'y');
    await until(() => camera.status.counters.dropped >= 5, 'five drops');
    assert.equal(camera.status.counters.sent, 0);
    assert.equal(answers[0]?.notInspected?.reason, 'dropped by overload');
    assert.equal(answers[0]?.error, undefined);
    assert.equal(answers[0]?.frame.overload, undefined);
    flights.leave('test', 'x');
    await until(() => camera.status.counters.sent > 0, 'a frame to go');
    await camera.stop();
    assertCountersAddUp(camera);
  });

  it('free run under overload every: the source waits, nothing is dropped', async () => {
    const { camera, answers, flights } = makeCamera({ fps: 0, overload: 'every' });
    // a detector that takes 5 ms for a frame
    camera.on('answer', ({ frame }) => {
      flights.enter('test', frame.id);
      setTimeout(() => flights.leave('test', frame.id), 5);
    });
    await until(() => answers.length >= 20, 'twenty answers');
    await camera.stop();
    assert.ok(
      answers.every(({ frame }) => frame.overload === 'every'),
      'the model is told, too',
    );
    const { dropped, sent } = camera.status.counters;
    assert.deepEqual([dropped, sent], [0, answers.length]);
    assert.deepEqual(
      answers.map(({ bytes }) => markOf(bytes)),
      answers.map((_, count) => String(count)),
    );
  });

  it('paused: takes no picture, says so, answers triggers as too hot, and goes on by itself', async () => {
    const { camera, answers, scheduler } = makeCamera({ fps: 50 });
    scheduler.setBudget({ paused: true, reason: 'CPU at 84 °C' });
    assert.deepEqual((await camera.trigger()).notInspected, { reason: 'too hot', detail: 'CPU at 84 °C' });
    assert.deepEqual([camera.status.held, camera.status.reason], ['paused', 'CPU at 84 °C']);
    scheduler.setBudget({ paused: false, reason: '' });
    const before = answers.length;
    await until(() => answers.length > before + 2, 'pictures after the pause');
    assert.equal(camera.status.held, undefined);
    await camera.stop();
    assertCountersAddUp(camera);
  });

  const FPS = 50;
  /** Holds a camera up for a good second, and compares what it answers with what was due. */
  async function heldUp(reason: string, camera: Camera, answers: CameraAnswer[], hold: (isHeld: boolean) => void) {
    await until(() => answers.length > 2, 'pictures');
    const fromMs = performance.now();
    hold(true);
    await until(() => missedFor(answers, reason).messages >= 2, 'a second message');
    hold(false);
    const before = camera.status.counters.sent;
    await until(() => camera.status.counters.sent > before, 'pictures again');
    const due = ((performance.now() - fromMs) * FPS) / 1000;
    await camera.stop();
    const { messages, frames } = missedFor(answers, reason);
    assert.ok(messages <= 3, `${messages} messages for ${due} frames`);
    // a loaded machine takes its turns late, and those are not made up for
    assert.ok(frames > due / 4 && frames <= due + 2, `${frames} of ${due} frames answered`);
    assertNoSilentGap(answers);
    assertCountersAddUp(camera);
  }

  it('free run paused: every frame that was due is answered, with at most one message a second', async () => {
    const { camera, answers, scheduler } = makeCamera({ fps: FPS });
    await heldUp('too hot', camera, answers, (paused) => scheduler.setBudget({ paused, reason: 'CPU at 84 °C' }));
    assert.equal(answers.find(({ notInspected }) => notInspected?.count)?.notInspected?.detail, 'CPU at 84 °C');
  });

  it('free run lost: every frame that was due is answered, with at most one message a second', async () => {
    let isLost = false;
    const grab = async (): Promise<Picture> => {
      if (isLost) throw new Error('The cable is out');
      return { bytes: jpeg(), format: 'jpeg', width: 64, height: 48, capturedAtMs: Date.now() };
    };
    // tried again now and then only: what is due in between is missed too
    const { camera, answers, problems } = makeCamera({ fps: FPS }, grab, undefined, { firstMs: 300, maxMs: 300 });
    await heldUp('camera lost', camera, answers, (isHeld) => (isLost = isHeld));
    assert.deepEqual(problems, ['The cable is out']);
  });

  it('free run stopped while it is lost: what was due until then is answered', async () => {
    const lost = async (): Promise<Picture> => {
      throw new Error('The cable is out');
    };
    const { camera, answers } = makeCamera({ fps: FPS }, lost);
    await until(() => camera.status.counters.asked === 1, 'the first answer');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await camera.stop();
    assert.ok(missedFor(answers, 'camera lost').frames > 1);
    assertNoSilentGap(answers);
    assertCountersAddUp(camera);
  });

  it('goes on counting where the camera of this id left off', async () => {
    const plan = {
      settings: parseSettings({ trigger: 'message' }),
      canWait: true,
      open: (listener: SourceListener) =>
        polledSource({ label: 'test', grab: () => Promise.reject(new Error('x')), listener }),
    };
    const camera = new Camera(plan, { firstSeq: 7, flights: new FrameLedger(), scheduler: new Scheduler() });
    stopAfter(camera).start();
    assert.equal((await camera.trigger()).frame.seq, 7);
    assert.equal(camera.nextSeq, 8);
  });

  it('slowed: keeps to its part of what the station can do, says so, and speeds up again', async () => {
    const { camera, answers, scheduler } = makeCamera({ fps: 100 });
    scheduler.setDemand('another camera', 100);
    await until(() => answers.length >= 3, 'pictures');
    scheduler.setBudget({ framesPerSecond: 10, reason: 'CPU at 76 °C' });
    assert.deepEqual([camera.status.held, camera.status.reason], ['slowed', 'CPU at 76 °C']);
    await until(() => answers.length >= 5, 'the pictures under way');
    const times = async (count: number) => {
      const from = answers.length;
      await until(() => answers.length > from + count, `${count} pictures`);
      return answers.slice(from, from + count + 1).map(({ frame }) => Date.parse(frame.capturedAt));
    };
    const slow = await times(4);
    // two cameras share 10 pictures a second: 800 ms for four more, 400 ms if it had the rate alone; the first may be late
    assert.ok((slow[4] as number) - (slow[0] as number) > 600, String(slow));
    scheduler.setBudget({ framesPerSecond: Infinity, reason: '' });
    assert.equal(camera.status.held, undefined);
    await times(3);
    await camera.stop();
    assert.equal(scheduler.affordable('test'), Infinity);
    assertCountersAddUp(camera);
  });

  it('stopped: what is under way is answered, and so is a trigger that comes too late', async () => {
    const { camera, flights } = makeCamera({ trigger: 'message', overload: 'every' });
    flights.enter('test', 'x');
    flights.enter('test', 'y');
    const held = camera.trigger();
    await until(() => camera.status.counters.asked === 1, 'the trigger');
    await camera.stop();
    assert.equal((await held).notInspected?.reason, 'stopped');
    assert.equal((await camera.trigger()).notInspected?.reason, 'stopped');
    assertCountersAddUp(camera);
    assert.equal(flights.listenerCount('left'), 0);
  });

  it('two cameras of one name: frames of the other do not hold this one back', async () => {
    const { camera, answers, flights, scheduler } = makeCamera({ fps: 50 }, undefined, 'node-1');
    flights.enter('test', 'x');
    flights.enter('test', 'y');
    await until(() => answers.length > 2, 'pictures');
    assert.deepEqual([answers[0]?.frame.source, answers[0]?.frame.sourceId], ['test', 'node-1']);
    scheduler.setBudget({ framesPerSecond: 10 });
    assert.equal(scheduler.affordable('node-1'), 10);
    await camera.stop();
  });
});
