import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Heartbeat } from '../../src/detector/heartbeat';

/** A heartbeat on a clock of its own: `pass` lets time go by in its rhythm, or all at once. */
function watched() {
  let nowMs = 0;
  const seen = { asked: 0, silent: 0 };
  const heartbeat = new Heartbeat(
    () => void seen.asked++,
    () => void seen.silent++,
    () => nowMs,
  );
  heartbeat.stop(); // the real timer: the test beats by hand
  const pass = (ms: number, stepMs = 300) => {
    for (const end = nowMs + ms; nowMs < end;) {
      nowMs += stepMs;
      heartbeat.beat();
    }
  };
  return { heartbeat, seen, pass };
}

describe('heartbeat', () => {
  it('notices a process that does not answer for 1.8 s, once', () => {
    const { seen, pass } = watched();
    pass(1_500);
    assert.deepEqual(seen, { asked: 5, silent: 0 });
    pass(300);
    assert.equal(seen.silent, 1);
  });

  it('is content with an answer now and then', () => {
    const { heartbeat, seen, pass } = watched();
    for (let i = 0; i < 20; i++) {
      pass(1_500);
      heartbeat.answered();
    }
    assert.equal(seen.silent, 0);
  });

  it('does not blame the process when the one that asks stood still', () => {
    const { seen, pass } = watched();
    pass(60_000, 60_000);
    assert.equal(seen.silent, 0);
    pass(1_500);
    assert.equal(seen.silent, 0);
    pass(300);
    assert.equal(seen.silent, 1);
  });
});
