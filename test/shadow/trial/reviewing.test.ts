import assert from 'node:assert/strict';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { simulatedPart } from '../../../lab/bench/shadow-streams';
import { iou } from '../../../src/kit/box';
import { ReviewStore } from '../../../src/shadow/review/review-store';
import type { ShadowSettings } from '../../../src/shadow/trial/controller-options';
import type { ShadowReport } from '../../../src/shadow/trial/shadow-report';
import { assertFits } from '../../helpers/fits-schema';
import { until } from '../../helpers/until';
import { SimulatedStation } from '../simulated-station';

let station: SimulatedStation;
beforeEach(() => void (station = new SimulatedStation()));
afterEach(() => station.end());

const cut = async () => ({ jpeg: Buffer.from('jpeg'), area: { x: 0, y: 0, width: 9, height: 9 } });
const openReview = () => ReviewStore.open(join(station.root, 'review'), {}, { cut });

/** A station whose model in use and candidate are named; the candidate waits in slot B. */
async function boot(inUse: string, candidate: string, settings: Partial<ShadowSettings> = {}): Promise<void> {
  await station.init([inUse, candidate].filter((name) => name !== 'old'));
  if (inUse !== 'old') {
    await station.store.install(station.folder(inUse));
    await station.store.promote('test');
    await station.store.confirm('test');
  }
  const candidatePath = station.folder(candidate);
  await station.boot({ canaryShare: 0, ...settings }, { openReview, candidate: candidatePath });
}

/** Runs parts, and answers every card by what was really drawn. */
async function work(parts: number): Promise<void> {
  for (let done = 0; done < parts && station.controller.phase === 'shadow'; done += 20) {
    await station.run(20);
    const { review } = station.controller;
    for (let card = await review?.next('anna'); card !== undefined; card = await review?.next('anna')) {
      const [seed, index] = card.frameId.replace('part ', '').split('/').map(Number);
      const { truth } = simulatedPart(seed as number, index as number);
      const box = card.box ?? assert.fail();
      const real = truth.some((one) => one.label === card?.label && iou(one.box, box) >= 0.5);
      await review?.answer(card.id, { verdict: real ? 'defect' : 'no defect', by: 'anna', way: 'page' });
    }
  }
}

describe('people in a trial', () => {
  it('promote a candidate that differs because it is better, by itself with Automatic on', async () => {
    await boot('worse', 'identical', { automatic: true, auditRate: 0 });
    await work(1500);
    const isPromotion = ({ phase, event }: ShadowReport) => phase === 'promoted' && event === 'phase';
    await until('promoted', () => station.reports.some(isPromotion));
    const decided = station.reports.find(isPromotion);
    assert.match(
      decided?.text ?? '',
      /^identical 1.0.0 took over: Of \d+ disputed findings judged by people the new model was right in \d+\./,
    );
    assert.equal(decided?.decision === 'different' || decided?.decision === 'keep', true);
    assert.ok(['better', 'not worse'].includes(decided?.people?.outcome ?? ''));
    assert.ok((decided?.people?.defects.relative?.value ?? 0) > 1);
    assertFits('shadow-report', decided);
  });

  it('reject one that is worse, and name in what', async () => {
    await boot('identical', 'worse', { automatic: true, auditRate: 0 });
    await work(3000);
    await until('rejected', () => station.last('phase')?.phase === 'rejected');
    assert.match(station.last('phase')?.text ?? '', /The new model is worse in finding defects\./);
  });

  it('only tell, with Automatic off; then a promotion needs no further reason', async () => {
    await boot('worse', 'identical', { automatic: false, auditRate: 0 });
    await work(400);
    const told = () => station.last('decision')?.people?.outcome ?? 'open';
    await until('told', () => ['better', 'not worse'].includes(told()));
    assert.equal(station.controller.phase, 'shadow');
    await station.controller.command('promote');
    assert.equal(station.controller.phase, 'promoted');
  });

  it('are asked on where a redeploy came in between: answers and counts are still there', async () => {
    await boot('old', 'worse', { automatic: false, auditRate: 0.2 });
    await station.run(100);
    const before = (await station.controller.current()).people;
    assert.ok((before?.queue.open ?? 0) > 3);
    const card = (await station.controller.review?.next('anna')) ?? assert.fail();
    const answering = station.controller.review?.answer(card.id, { verdict: 'cannot tell', by: 'anna', way: 'page' });
    await Promise.all([answering, station.controller.stop()]);
    await station.boot({ canaryShare: 0, auditRate: 0.2 }, { openReview, candidate: station.folder('worse') });
    const { people } = await station.controller.current();
    assert.deepEqual([people?.disputed, people?.unclear], [before?.disputed, card.kind === 'audit' ? 0 : 1]);
    assert.equal(people?.queue.open, (before?.queue.open ?? 0) - 1);
    const kinds = (await station.controller.review?.list())?.map(({ kind }) => kind) ?? [];
    assert.ok(kinds.includes('audit') && kinds.includes('disputed'));
  });

  it('a store that cannot be opened is told of, and the trial goes on', async () => {
    await station.init(['identical']);
    const failing = () => Promise.reject(new Error('no space left'));
    await station.boot({}, { openReview: failing, candidate: station.folder('identical') });
    assert.equal(station.controller.phase, 'shadow');
    assert.equal(station.last('warning')?.text, 'no space left');
    await station.run(5);
    assert.equal((await station.controller.current()).people, null);
  });

  it('cards keep what the model in use says below its threshold', async () => {
    await boot('old', 'worse', { auditRate: 0 });
    const asked: (number | undefined)[] = [];
    const detect = station.primary.detect.bind(station.primary);
    station.primary.detect = (request) => {
      asked.push(request.confidence);
      return detect(request);
    };
    await station.run(60);
    await until('asked again', () => asked.includes(0.05));
  });
});
