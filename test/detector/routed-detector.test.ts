import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PRIMARY, SimulatedDetector, simulatedPart, type SimulatedModel } from '../../lab/bench/shadow-streams';
import type { DetectRequest } from '../../src/contract/detector';
import { RoutedDetector } from '../../src/detector/routed-detector';

const request = (index: number): DetectRequest => {
  const part = simulatedPart(1, index);
  return { image: Buffer.from(JSON.stringify(part)), frame: { id: `frame ${index}` }, confidence: 0.3 };
};
const line = (model: SimulatedModel = PRIMARY) => new RoutedDetector(new SimulatedDetector(model));

describe('RoutedDetector', () => {
  it('asks for the scores of the frames that somebody wants them of, and of no others', async () => {
    const routed = line();
    const end = routed.keepScores((id) => id === 'frame 1');
    for (const index of [0, 1]) await routed.detect(request(index));
    assert.equal(routed.scoresOf('frame 0'), undefined);
    assert.equal(routed.scoresOf('frame 1')?.classes, 6);
    end();
    assert.equal(routed.scoresOf('frame 1'), undefined);
    await routed.detect(request(1));
    assert.equal(routed.scoresOf('frame 1'), undefined);
  });

  it('says null for a model without a grid', async () => {
    const routed = line({ ...PRIMARY, grid: null });
    routed.keepScores(() => true);
    await routed.detect(request(0));
    assert.equal(routed.scoresOf('frame 0'), null);
  });

  it('keeps the scores of the last four frames only', async () => {
    const routed = line();
    routed.keepScores(() => true);
    for (let index = 0; index < 6; index++) await routed.detect(request(index));
    const kept = [0, 1, 2, 3, 4, 5].filter((index) => routed.scoresOf(`frame ${index}`) !== undefined);
    assert.deepEqual(kept, [2, 3, 4, 5]);
  });

  it('remembers the last answers while somebody watches, without their scores', async () => {
    const routed = line();
    routed.keepScores(() => true);
    await routed.detect(request(0));
    assert.equal(routed.answerGiven('frame 0'), undefined);
    const end = routed.watch();
    const early = routed.answerOf('frame 1', 10_000);
    assert.equal(routed.answerGiven('frame 1'), undefined);
    const outcome = await routed.detect(request(1));
    assert.ok(outcome.inspected && outcome.scores);
    const given = routed.answerGiven('frame 1');
    assert.deepEqual(await early, given);
    assert.ok(given?.outcome.inspected && given.outcome.scores === undefined);
    assert.deepEqual([given.outcome.detections, given.confidence], [outcome.detections, 0.3]);
    end();
    assert.equal(routed.answerGiven('frame 1'), undefined);
  });
});
