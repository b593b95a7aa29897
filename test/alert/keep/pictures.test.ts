import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { after, describe, it } from 'node:test';
import { EvidenceFolder } from '../../../src/alert/keep/evidence';
import { Pictures, type Renderer } from '../../../src/alert/keep/pictures';
import { FullDisk } from '../../helpers/full-disk';
import type { Alert, VerdictRecord } from '../../../src/alert/judge/messages';

const JPEG = Buffer.from('ffd8ffe000104a46', 'hex');
const DRAWN = Buffer.concat([Buffer.from('ffd8ffe1', 'hex'), Buffer.from('drawn')]);

describe('pictures of an alert', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  after(() => rmSync(folder, { recursive: true }));
  const options = { keep: true, thumbnail: false, drawPerSecond: 0, urlOf: (name: string) => `/evidence/${name}` };
  const newAlert = () => ({ id: randomUUID(), time: new Date().toISOString() }) as Alert;
  const pictures = (render: Renderer | undefined, warnings: string[] = []) =>
    new Pictures(options, new EvidenceFolder({ folder }), render, (sentence) => warnings.push(sentence));
  const illustrate = async (subject: Pictures) => {
    const alert = newAlert();
    await subject.illustrate(alert, JPEG, undefined, {} as VerdictRecord);
    return alert.evidence;
  };

  it('are kept as they came and with their boxes, each with its address', async () => {
    const evidence = await illustrate(pictures(() => Promise.resolve(DRAWN)));
    assert.match(evidence?.url ?? '', /^\/evidence\/.*(?<!-drawn)\.jpg$/);
    assert.match(evidence?.annotatedUrl ?? '', /-drawn\.jpg$/);
    assert.deepEqual(readFileSync(join(folder, basename(evidence?.annotatedUrl ?? ''))), DRAWN);
  });

  it('go without boxes where nothing draws, and where drawing fails', async () => {
    assert.deepEqual(Object.keys((await illustrate(pictures(undefined))) ?? {}), ['url']);
    const warnings: string[] = [];
    const failing = pictures(() => Promise.reject(new Error('no process')), warnings);
    assert.deepEqual(Object.keys((await illustrate(failing)) ?? {}), ['url']);
    assert.deepEqual(warnings, ['no process']);
  });

  it('an alert is not linked to a picture that a full disk did not take, and says why', async () => {
    const warnings: string[] = [];
    const full = new FullDisk(3);
    const subject = new Pictures(
      options,
      new EvidenceFolder({ folder }, full.disk),
      () => Promise.resolve(DRAWN),
      (sentence) => warnings.push(sentence),
    );
    const alert = newAlert();
    await subject.illustrate(alert, JPEG, undefined, {} as VerdictRecord);
    assert.equal(alert.evidence, undefined);
    assert.match(alert.evidenceProblem ?? '', /^Cannot keep the picture .*: ENOSPC/);
    assert.deepEqual(warnings, [alert.evidenceProblem]);
    full.roomBytes = 1e6;
    const next = newAlert();
    await subject.illustrate(next, JPEG, undefined, {} as VerdictRecord);
    assert.deepEqual(readFileSync(join(folder, basename(next.evidence?.url ?? ''))), JPEG);
    assert.equal(next.evidenceProblem, undefined);
  });

  it('tell no address of a drawn picture that could not be written', async () => {
    const warnings: string[] = [];
    const subject = new Pictures(
      options,
      new EvidenceFolder({ folder: join('/dev/null', 'evidence') }),
      () => Promise.resolve(DRAWN),
      (sentence) => warnings.push(sentence),
    );
    assert.equal((await illustrate(subject))?.annotatedUrl, undefined);
    assert.ok(warnings.length > 0);
  });
});
