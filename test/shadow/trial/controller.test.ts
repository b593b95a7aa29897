import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { nodeDisk } from '../../../src/kit/disk';
import type { SimulatedDetector } from '../../../lab/bench/shadow-streams';
import type { DetectorOptions } from '../../../src/contract/detector';
import { SHADOW_NICE } from '../../../src/shadow/trial/controller-options';
import { HEALTH_DEFAULTS } from '../../../src/shadow/trial/health';
import { until } from '../../helpers/until';
import { writeModel } from '../../model/slots/models';
import { SimulatedStation } from '../simulated-station';

let station: SimulatedStation;
beforeEach(() => void (station = new SimulatedStation()));
afterEach(() => station.end());

const phase = () => station.controller.phase;
const runningName = async () => {
  const { chosen, slots } = await station.store.state();
  return chosen && slots[chosen.slot].manifest?.name;
};

describe('ShadowController', () => {
  it('takes an identical candidate from shadow over canary to promoted and confirmed by itself, without an alarm', async () => {
    await station.init();
    const health = { ...HEALTH_DEFAULTS, windowMs: 60_000 };
    const candidate = station.folder('identical');
    await station.boot({ automatic: true, canaryShare: 0.5, canaryParts: 20, health }, { candidate });
    assert.equal(phase(), 'shadow');
    assert.equal(station.candidates[0]?.options.nice, SHADOW_NICE);

    // how many parts pass meanwhile depends on how fast the disk syncs
    for (let parts = 0; phase() !== 'promoted' && parts < 20_000; parts += 10) await station.run(10);
    assert.ok((station.last('decision')?.frames ?? 9999) < 500);
    assert.equal(await runningName(), 'identical');
    assert.equal((await station.store.state()).pointer?.state, 'trial');
    const phases = station.reports.filter(({ event }) => event === 'phase').map(({ phase }) => phase);
    assert.deepEqual(phases, ['shadow', 'canary', 'promoted']);
    assert.equal(
      station.reports.some(({ event }) => event === 'alarm' || event === 'warning'),
      false,
    );
    assert.ok(
      station.candidates.every(({ detector }) => detector.stopped),
      'a candidate process is left over',
    );

    await station.run(40);
    station.nowMs += 61_000;
    await until('the window ends', () => phase() === 'confirmed');
    assert.equal((await station.store.state()).pointer?.state, 'confirmed');
  });

  it('rejects a candidate that is blind to one class, names it, and raises an alarm', async () => {
    await station.init(['blind']);
    await station.boot({ automatic: true, threshold: 0.05 }, { candidate: station.folder('blind') });
    for (let parts = 0; phase() === 'shadow' && parts < 300; parts += 10) await station.run(10);
    await until('rejected', () => phase() === 'rejected');
    assert.equal(station.last('decision')?.label, 'spur');
    assert.match(
      station.last('decision')?.reason ?? '',
      /^The candidate misses spur: \d+ of \d+ that the model in use saw$/,
    );
    assert.ok(station.last('alarm'));
    assert.equal(await runningName(), 'old');
    assert.equal((await station.store.state()).slots.b.role, 'rejected');
    assert.deepEqual(new Set(await station.run(20)), new Set(['old']));
  });

  it('rejects a candidate that never detects within 50 frames', async () => {
    await station.init(['never']);
    await station.boot({ automatic: true }, { candidate: station.folder('never') });
    await station.run(50);
    await until('rejected', () => phase() === 'rejected');
    assert.ok((station.last('decision')?.frames ?? 99) <= 50);
  });

  const gridOf = (name: string, grid: number | null) => {
    const { createDetector } = station.options();
    return (wanted: DetectorOptions) => {
      const detector = createDetector(wanted) as SimulatedDetector;
      if (wanted.model.endsWith(name)) detector.model = { ...detector.model, grid };
      return detector;
    };
  };
  const tensors: [what: string, candidate: string, grid: number | null, of: number, reason: RegExp | undefined][] = [
    ['0 for the same model', 'identical', 1, 60, undefined],
    ['more for a worse one', 'blind', 1, 60, undefined],
    [
      'none for other shapes, with the reason',
      'identical',
      2,
      0,
      /^The models' scores have different shapes: 6 classes × 1 places and 6 classes × 2 places$/,
    ],
    ['none for a model without a grid, with the reason', 'identical', null, 0, /list of detections instead of scores/],
  ];
  for (const [what, name, grid, of, reason] of tensors) {
    it(`takes the mean absolute difference of the score tensors: ${what}`, async () => {
      await station.init([name]);
      // one bad verdict must not end the comparison here
      const judge = { errors: { falseReject: 1e-300, falsePromote: 1e-300 } };
      await station.boot({ judge }, { candidate: station.folder(name), createDetector: gridOf('slot-b', grid) });
      await station.run(60);
      await station.controller.report();
      const { statistics } = station.last('status') ?? assert.fail();
      assert.equal(statistics?.tensorDifference?.of ?? 0, of);
      if (reason === undefined) assert.equal(statistics?.noTensorDifference, undefined);
      else assert.match(statistics?.noTensorDifference ?? '', reason);
      const { mean, low, high } = statistics?.tensorDifference ?? {};
      if (of > 0 && name === 'identical') assert.equal(mean, 0);
      if (of > 0 && name === 'blind') assert.ok(mean! > 0.001 && low! < mean! && mean! < high!, String(mean));
      if (of === 0) assert.equal(statistics?.tensorDifference, null);
    });
  }

  it('asks the line for scores only while there is a candidate to compare with', async () => {
    await station.init();
    await station.boot();
    const asked: boolean[] = [];
    const { primary } = station;
    const detect = primary.detect.bind(primary);
    primary.detect = (request) => {
      asked.push(request.scores === true);
      return detect(request);
    };
    await station.run(3);
    await station.controller.tryCandidate(station.folder('identical'));
    await station.run(3);
    await station.controller.command('reject');
    await station.run(3);
    assert.deepEqual(asked, [false, false, false, true, true, true, false, false, false]);
  });

  it('counts from its own confidence where one is set, not from the lower one of the line', async () => {
    await station.init(['blind']);
    await station.boot({ confidence: 0.999 }, { candidate: station.folder('blind') });
    await station.run(100);
    await station.controller.report();
    const seen = station.last('status')?.statistics?.classes.map(({ missed }) => missed.of) ?? [];
    // confidences are drawn between 0.3 and 1
    assert.ok(Math.max(...seen) <= 3, `seen ${seen.join(', ')}`);
    assert.equal(phase(), 'shadow');
  });

  it('waits for a command when it is not automatic, and then obeys one', async () => {
    await station.init();
    await station.boot({}, { candidate: station.folder('identical') });
    await station.run(400);
    assert.equal(phase(), 'shadow');
    assert.equal(station.last('decision')?.decision, 'promote');
    await station.controller.command('promote');
    assert.deepEqual(new Set(await station.run(10)), new Set(['identical']));
    await station.controller.command('revert', 'the foreman said so');
    assert.deepEqual(new Set(await station.run(10)), new Set(['old']));
    assert.equal(await runningName(), 'old');
    assert.equal((await station.store.journal()).at(-1)?.reason, 'the foreman said so');
  });

  it('lets a canary answer for its share of the parts, compares both ways, and answers every part once', async () => {
    await station.init();
    await station.boot({ canaryShare: 0.3 }, { candidate: station.folder('identical') });
    await station.controller.command('canary');
    assert.equal(station.candidates.at(-1)?.options.nice, 0);
    const answered = await station.run(300);
    const share = answered.filter((name) => name === 'identical').length / 300;
    assert.ok(share > 0.2 && share < 0.4, `${share} of the parts`);
    await station.controller.report();
    const { canary, shadow, frames } = station.last('status') ?? assert.fail();
    assert.equal(canary.answered, Math.round(share * 300));
    assert.equal(frames, shadow.answered);
    assert.equal(shadow.answered, 300);
  });

  it('falls back to the model in use when a canary does not answer, and pauses the canary', async () => {
    await station.init();
    await station.boot({ canaryShare: 1 }, { candidate: station.folder('identical') });
    await station.controller.command('canary');
    const candidate = station.candidates.at(-1)?.detector ?? assert.fail();
    candidate.failure = { inspected: false, reason: 'detector restarted', detail: 'killed' };
    const answered = await station.run(60);
    assert.deepEqual(new Set(answered), new Set(['old']));
    await until('paused', () => phase() === 'paused');
    assert.match(station.last('phase')?.text ?? '', /gave no answer/);
  });

  it('only pauses a harmful candidate when it is not automatic; a person may still promote it, with a reason', async () => {
    await station.init(['blind']);
    await station.boot({}, { candidate: station.folder('blind') });
    for (let parts = 0; phase() === 'shadow' && parts < 300; parts += 10) await station.run(10);
    await until('paused', () => phase() === 'paused');
    assert.equal((await station.store.state()).slots.b.role, 'candidate');
    assert.ok(station.candidates.every(({ detector }) => detector.stopped));
    assert.deepEqual(new Set(await station.run(5)), new Set(['old']));
    await assert.rejects(() => station.controller.command('promote'), {
      message: 'Expected a reason for promote but received "none, for a candidate that was found harmful"',
    });
    await station.controller.command('promote', 'spurs are no defect any more');
    assert.equal(await runningName(), 'blind');
    assert.equal((await station.store.journal()).at(-1)?.reason, 'spurs are no defect any more');
    assert.equal(
      station.reports.some(({ event }) => event === 'warning'),
      false,
    );
  });

  it('promotes a rejected candidate when a person says why', async () => {
    await station.init(['blind']);
    await station.boot({ automatic: true }, { candidate: station.folder('blind') });
    for (let parts = 0; phase() === 'shadow' && parts < 300; parts += 10) await station.run(10);
    await until('rejected', () => phase() === 'rejected');
    await assert.rejects(() => station.controller.command('promote'), { message: /^Expected a reason for promote/ });
    await station.controller.command('promote', 'the labels were wrong');
    assert.equal(phase(), 'promoted');
    assert.equal(await runningName(), 'blind');
    assert.equal((await station.store.journal()).at(-1)?.reason, 'the labels were wrong');
  });

  it('neither promotes nor rejects one that differs: disputed frames are collected until a person decides', async () => {
    await station.init(['nervous']);
    const disputedFolder = join(station.root, 'disputed');
    await station.boot({ automatic: true, disputedFolder }, { candidate: station.folder('nervous') });
    await station.run(200);
    assert.equal(phase(), 'shadow');
    const decision = station.last('decision');
    assert.equal(decision?.decision, 'different');
    assert.ok((decision?.differences.length ?? 0) > 0);
    const disputed = station.disputed.length;
    await station.run(40);
    await until('more disputed frames', () => station.disputed.length > disputed);
    await assert.rejects(() => station.controller.command('promote'), {
      message: 'Expected a reason for promote but received "none, for a candidate that differs from the model in use"',
    });
    await station.controller.command('promote', 'it finds what the old one missed');
    assert.equal((await station.store.journal()).at(-1)?.reason, 'it finds what the old one missed');
  });

  it('reverts by itself when the promoted model makes the line worse', async () => {
    await station.init(['nervous']);
    await station.boot({}, { candidate: station.folder('nervous') });
    await station.run(300);
    assert.equal(station.last('decision')?.decision, 'different');
    await station.controller.command('promote', 'an operator insists');
    await station.run(150);
    await until('reverted', () => phase() === 'reverted');
    assert.match(station.last('phase')?.text ?? '', /of the parts fail, 2\d\.\d % under the former model$/);
    assert.equal(await runningName(), 'old');
  });

  it('takes parts that are otherwise for a model that judges otherwise: the former one comes back, and can be promoted past', async () => {
    await station.init();
    await station.boot({}, { candidate: station.folder('identical') });
    await station.run(200);
    await station.controller.command('promote');
    // a bad batch: every part fails, whichever model looks
    for (let part = 0; part < 60; part++) {
      await station.controller.part({ verdict: 'FAIL', latencyMs: 20, frame: undefined });
    }
    await until('reverted', () => phase() === 'reverted');
    assert.match(station.last('phase')?.text ?? '', /^100\.0 % of the parts fail, \d\d\.\d % under the former model$/);
    await station.store.install(station.folder('identical'));
    await until('shadow again', () => phase() === 'shadow');
    await station.controller.command('promote');
    assert.equal(phase(), 'promoted');
  });

  it('goes on with a trial after a restart, against the figures from before', async () => {
    await station.init();
    await station.boot({}, { candidate: station.folder('identical') });
    await station.run(100);
    await station.controller.command('promote');
    await station.controller.stop();
    await station.boot({ health: { ...HEALTH_DEFAULTS, windowMs: 1000, minimumParts: 5 } });
    assert.equal(phase(), 'promoted');
    assert.equal(station.last('phase')?.health?.before.parts, 100);
    assert.deepEqual(new Set(await station.run(10)), new Set(['identical']));
    station.nowMs += 2000;
    await until('confirmed', () => phase() === 'confirmed');
  });

  it('keeps the figures from before a promotion by the command line too, and knows them from an older one', async () => {
    await station.init(['identical', 'never']);
    await station.boot();
    await station.store.install(station.folder('never'));
    await until('a shadow', () => phase() === 'shadow');
    await station.run(30);
    await station.store.promote();
    await until('promoted', () => phase() === 'promoted');
    await station.controller.stop();
    await station.boot();
    assert.equal(phase(), 'promoted');
    assert.equal(station.last('phase')?.health?.before.parts, 30);
    await station.controller.command('revert');
    await station.controller.stop();

    // promoted while nobody watched: the figures of the trial before say nothing about this one
    await station.store.install(station.folder('identical'));
    await station.store.promote();
    await station.boot();
    assert.equal(phase(), 'promoted');
    assert.equal(station.last('phase')?.health?.before.parts, 0);
  });

  it('follows the command line to a copy of the model in use', async () => {
    await station.init();
    await station.boot();
    await station.store.install(station.folder('old'));
    await until('a shadow', () => phase() === 'shadow');
    await station.store.promote();
    await until('promoted', () => phase() === 'promoted');
    await station.store.revert();
    await until('reverted', () => phase() === 'reverted');
  });

  it('follows the command line: install, promote, confirm, revert', async () => {
    await station.init();
    await station.boot();
    assert.equal(phase(), 'idle');
    await station.store.install(station.folder('identical'));
    await until('a shadow', () => phase() === 'shadow');
    await station.store.promote();
    await until('promoted', () => phase() === 'promoted');
    assert.deepEqual(await station.run(1), ['identical']);
    await station.store.confirm();
    await until('confirmed', () => phase() === 'confirmed');
    await station.store.revert();
    await until('reverted', () => phase() === 'reverted');
    assert.deepEqual(await station.run(1), ['old']);
  });

  it('does not start a shadow, nor count a frame against it, while the budget says no', async () => {
    await station.init();
    let allowed = false;
    await station.boot({}, { candidate: station.folder('identical'), allowed: () => allowed });
    await station.run(20);
    await station.controller.report();
    assert.equal(station.last('status')?.shadow.dropped['no budget'], 20);
    allowed = true;
    await station.run(5);
    await station.controller.report();
    assert.equal(station.last('status')?.frames, 5);
  });

  const refused: [string, (folder: string) => Promise<unknown> | void, RegExp][] = [
    ['was tampered with', (folder) => writeFileSync(join(folder, 'model.onnx'), 'x'), /^Expected SHA-256/],
    [
      'has a manifest for other classes',
      (folder) => writeModel(nodeDisk, `${folder}2`, { name: 'identical', classNames: ['cat'] }),
      /^Expected the classes open, short/,
    ],
    [
      'has another input size',
      (folder) =>
        writeModel(nodeDisk, `${folder}2`, {
          name: 'identical',
          classNames: undefined,
          input: { width: 64, height: 64 },
        }),
      /^Expected/,
    ],
    ['is not there', (folder) => void folder, /MODEL_NOT_FOUND|^Expected a model folder/],
  ];
  for (const [what, damage, message] of refused) {
    it(`refuses a candidate that ${what}, and the line goes on`, async () => {
      await station.init();
      await station.boot();
      const folder = station.folder('identical');
      await damage(folder);
      const made = what.startsWith('has');
      const path = made ? `${folder}2` : what === 'is not there' ? station.folder('nowhere') : folder;
      await assert.rejects(() => station.controller.tryCandidate(path), { message });
      assert.equal(phase(), 'idle');
      assert.deepEqual(new Set(await station.run(5)), new Set(['old']));
    });
  }

  it('refuses commands that make no sense in the phase', async () => {
    await station.init();
    await station.boot();
    await assert.rejects(() => station.controller.command('promote'), {
      message:
        'Expected a candidate in phase shadow or canary or paused or rejected for promote but received "phase idle"',
    });
    await assert.rejects(() => station.controller.command('confirm'), { message: /phase promoted for confirm/ });
  });

  it('keeps disputed frames with both results and both hashes', async () => {
    await station.init(['blind']);
    const disputedFolder = join(station.root, 'disputed');
    await station.boot({ disputedFolder }, { candidate: station.folder('blind') });
    await station.run(30);
    await until('a disputed frame', () => station.disputed.length > 0);
    const [record] = station.disputed;
    assert.ok(record && record.primary.length > record.candidate.length);
    assert.notEqual(record.models.primary.sha256, record.models.candidate.sha256);
    assert.ok(record.missed.every(({ label }) => label === 'spur'));
  });
});
