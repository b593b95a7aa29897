import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Picture } from '../../../src/camera/sources/source';
import { streamedSource, type StreamSink } from '../../../src/camera/sources/streamed';
import { Heard, jpeg, markOf, patience, stopAfter, until } from '../support';
import { steadyNowMs } from '../../../src/kit/clock';

function picture(mark: string, capturedAtMs = steadyNowMs()): Picture {
  return { bytes: jpeg(mark), format: 'jpeg', width: 64, height: 48, capturedAtMs };
}

/** A stream in the hands of the test. */
function makeStream(options: { keep?: number; startMs?: number; stallMs?: number } = {}) {
  const heard = new Heard();
  const lives: Array<{ sink: StreamSink; fail(error: Error): void; end(): void }> = [];
  const source = streamedSource({
    label: 'test',
    listener: heard,
    keep: 1,
    startMs: 20_000,
    stallMs: 20_000,
    backOff: { firstMs: 1, maxMs: 2 },
    ...options,
    open: (sink, signal) =>
      new Promise<void>((resolve, reject) => {
        lives.push({ sink, fail: reject, end: resolve });
        signal.addEventListener('abort', () => resolve());
      }),
  });
  stopAfter(source).start();
  const life = async (index: number) => {
    await until(() => lives.length > index, `life ${index} of the stream`);
    return lives[index] as (typeof lives)[number];
  };
  return { source, heard, life };
}

describe('streamed source', () => {
  it('gives the newest picture, and counts those that nobody took', async () => {
    const { source, heard, life } = makeStream();
    const { sink } = await life(0);
    for (const mark of ['a', 'b', 'c']) sink.picture(picture(mark));
    assert.equal(markOf((await source.capture(0, patience())).bytes), 'c');
    assert.deepEqual(heard.losses, ['skipped', 'skipped']);
    await source.stop();
  });

  it('keeps a burst in order where that is wanted', async () => {
    const { source, heard, life } = makeStream({ keep: 2 });
    const { sink } = await life(0);
    for (const mark of ['a', 'b', 'c']) sink.picture(picture(mark));
    assert.equal(markOf((await source.capture(0, patience())).bytes), 'b');
    assert.equal(markOf((await source.capture(0, patience())).bytes), 'c');
    assert.deepEqual(heard.losses, ['skipped']);
    await source.stop();
  });

  it('answers a trigger with a picture taken after it, never with one that was there', async () => {
    const { source, life } = makeStream();
    const { sink } = await life(0);
    sink.picture(picture('before', 1000));
    const answer = source.capture(2000, patience());
    sink.picture(picture('under way', 1999));
    sink.picture(picture('after', 2000));
    assert.equal(markOf((await answer).bytes), 'after');
    await source.stop();
  });

  it('gives one picture to all triggers that wait for it', async () => {
    const { source, life } = makeStream();
    const { sink } = await life(0);
    const answers = [source.capture(0, patience()), source.capture(0, patience())];
    sink.picture(picture('shared'));
    assert.deepEqual(
      (await Promise.all(answers)).map(({ bytes }) => markOf(bytes)),
      ['shared', 'shared'],
    );
    await source.stop();
  });

  it('tells who waits when the stream is lost, refuses while it is, and comes back', async () => {
    const { source, heard, life } = makeStream();
    const first = await life(0);
    first.sink.picture(picture('a'));
    await source.capture(0, patience());
    const waiting = source.capture(0, patience());
    first.fail(new Error('The plug is out'));
    await assert.rejects(waiting, { code: 'SOURCE_UNAVAILABLE', message: 'The plug is out' });
    await assert.rejects(source.capture(0, patience()), /The plug is out/);
    const second = await life(1);
    const recovered = source.recovered(patience());
    second.sink.picture(picture('b'));
    await recovered;
    assert.equal(markOf((await source.capture(0, patience())).bytes), 'b');
    assert.deepEqual(heard.states, ['connecting', 'live', 'lost', 'live']);
    await source.stop();
  });

  it('an end without an error is a loss too', async () => {
    const { source, heard, life } = makeStream();
    (await life(0)).end();
    await until(() => heard.errors.length === 1, 'the loss');
    assert.equal(heard.errors[0]?.message, 'The stream of the camera at test ended: check that it is on');
    await source.stop();
  });

  it('ends a stream that gives no first picture, or falls silent, and opens it anew', async () => {
    const { source, heard, life } = makeStream({ startMs: 400, stallMs: 600 });
    await until(() => heard.errors.length === 1, 'the watchdog');
    assert.match(
      heard.errors[0]?.message ?? '',
      /^The camera at test has sent no picture for 0.4 s: check that it is on/,
    );
    (await life(1)).sink.picture(picture('a'));
    await until(() => heard.errors.length === 2, 'the second watchdog');
    assert.match(heard.errors[1]?.message ?? '', /^The camera at test has been silent for 0.6 s/);
    await life(2);
    await source.stop();
  });

  it('stopped: ends the stream and who waits for it', async () => {
    const { source, heard, life } = makeStream();
    await life(0);
    const waiting = assert.rejects(source.capture(0, patience()), { code: 'CANCELLED' });
    await source.stop();
    await waiting;
    assert.equal(heard.states.at(-1), 'stopped');
    await assert.rejects(source.capture(0, patience()), { code: 'CANCELLED' });
  });

  it('lends its device: no loss, and whoever waits gets a picture afterwards', async () => {
    const { source, heard, life } = makeStream();
    (await life(0)).sink.picture(picture('a'));
    await source.capture(0, patience());
    const waiting = source.capture(0, patience());
    let isOpen = true;
    const lent = source.lend?.(async () => {
      isOpen = false;
      await assert.rejects(source.lend?.(async () => 0) ?? Promise.resolve(), /is being measured already/);
      return 'measured';
    });
    assert.equal(await lent, 'measured');
    assert.equal(isOpen, false);
    (await life(1)).sink.picture(picture('b'));
    assert.equal(markOf((await waiting).bytes), 'b');
    assert.deepEqual([heard.errors, heard.states], [[], ['connecting', 'live']]);
    // what fails with the device is told to who borrowed it
    await assert.rejects(source.lend?.(() => Promise.reject(new Error('no light'))) ?? Promise.resolve(), /no light/);
    await life(2);
    await source.stop();
  });

  it('stopped while lent: the borrower is told, and the stop waits for it', async () => {
    const { source, life } = makeStream();
    await life(0);
    let isAtWork = false;
    const lent = source.lend?.((signal) => {
      isAtWork = true;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve('ended')));
    });
    await until(() => isAtWork, 'the borrower');
    await source.stop();
    assert.equal(await lent, 'ended');
    // about to borrow, and after the stop
    const { source: other, life: otherLife } = makeStream();
    await otherLife(0);
    const early = assert.rejects(other.lend?.(async () => 0) ?? Promise.resolve(), { code: 'CANCELLED' });
    await other.stop();
    await early;
    await assert.rejects(other.lend?.(async () => 0) ?? Promise.resolve(), { code: 'CANCELLED' });
  });
});
