import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { ProgressBar } from '../../src/cli/progress-bar';

/** A stream that keeps what is written to it; with `columns`, a terminal of that width. */
function stream(columns?: number): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const sink = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const tty = columns === undefined ? {} : { isTTY: true, columns };
  return { stream: Object.assign(sink, tty) as unknown as NodeJS.WriteStream, text: () => text };
}

describe('progress bar', () => {
  it('a log gets a line for every tenth', () => {
    const { stream: log, text } = stream();
    const bar = new ProgressBar(log);
    for (let done = 0; done <= 100; done++) bar.update(done / 100, 'ranges');
    bar.stop();
    assert.deepEqual(
      text().trim().split('\n'),
      [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((percent) => `${percent} % ranges`),
    );
  });

  it('a terminal gets one line, written over, never wider than it is', () => {
    const { stream: terminal, text } = stream(60);
    const bar = new ProgressBar(terminal);
    bar.update(0.5, 'a step with a name that is longer than the terminal is wide');
    bar.update(1, 'done');
    bar.stop();
    // eslint-disable-next-line no-control-regex -- the escape sequences of a terminal
    const lines = text().split(/\u001b\[\d*[A-Z]/);
    assert.ok(
      lines.every((line) => line.replace('\n', '').length < 60),
      text(),
    );
    assert.match(text(), /#{20}\.{20} 50 % {2}a step/);
    assert.match(text(), /#{40} 100 % {2}done/);
    assert.ok(text().endsWith('\n') && text().split('\n').length === 2);
  });
});
