import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { confinedPath } from '../../../src/model/slots/confine';
import { nodeDisk } from '../../../src/kit/disk';
import { isSignedBy, readPublicKey, signManifest } from '../../../src/model/slots/signature';
import { verifyModelFolder, type ModelRequirements } from '../../../src/model/slots/verify';
import { writeModel, type TestModel } from './models';

const pem = {
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
};
const keys = () => generateKeyPairSync('ed25519', pem as never) as unknown as { publicKey: string; privateKey: string };
const ours = keys();
const theirs = keys();

const root = mkdtempSync(join(tmpdir(), 'verify-'));
after(() => rmSync(root, { recursive: true }));
let count = 0;

async function folderWith(model: Partial<TestModel> = {}): Promise<string> {
  const folder = join(root, `model-${count++}`);
  await writeModel(nodeDisk, folder, { name: 'pcb', ...model });
  return folder;
}

const like: ModelRequirements = { classNames: ['open', 'short'], input: { width: 640, height: 640 } };

describe('verifyModelFolder', () => {
  it('accepts a model that is what its manifest says', async () => {
    const { manifest, files } = await verifyModelFolder(nodeDisk, await folderWith(), like);
    assert.equal(manifest.name, 'pcb');
    assert.deepEqual(files, ['model.onnx', 'manifest.json', 'class_names.txt']);
  });

  it('accepts a model signed by the configured key', async () => {
    const folder = await folderWith({ privateKeyPem: ours.privateKey });
    await verifyModelFolder(nodeDisk, folder, { publicKeyPem: ours.publicKey });
  });

  const refused: [string, Partial<TestModel>, ModelRequirements, RegExp][] = [
    ['a wrong hash', { sha256: 'a'.repeat(64) }, {}, /^Expected SHA-256 a{64}.* for model\.onnx but received/],
    ['other classes', { classNames: ['open', 'spur'] }, like, /^Expected the classes open, short for the candidate/],
    ['classes in another order', { classNames: ['short', 'open'] }, like, /^Expected the classes open, short/],
    ['another input size', { input: { width: 320, height: 320 } }, like, /^Expected an input of 640x640 pixels/],
    ['no signature', {}, { publicKeyPem: ours.publicKey }, /^Expected a signature .* received "no such file"$/],
    [
      'a signature of somebody else',
      { privateKeyPem: theirs.privateKey },
      { publicKeyPem: ours.publicKey },
      /^Expected a signature by the configured public key for manifest\.sig/,
    ],
  ];
  for (const [what, model, requirements, message] of refused) {
    it(`refuses ${what}`, async () => {
      const folder = await folderWith(model);
      await assert.rejects(() => verifyModelFolder(nodeDisk, folder, requirements), { code: 'MODEL_INVALID', message });
    });
  }

  const damages: [string, (folder: string) => void, RegExp][] = [
    ['a tampered model', (folder) => writeFileSync(join(folder, 'model.onnx'), 'other'), /^Expected SHA-256 /],
    ['a truncated manifest', (folder) => writeFileSync(join(folder, 'manifest.json'), '{"name":'), /^Expected JSON /],
    ['a manifest that is a list', (folder) => writeFileSync(join(folder, 'manifest.json'), '[]'), /^Expected a valid/],
    ['other names beside it', (folder) => writeFileSync(join(folder, 'class_names.txt'), 'x'), /class_names\.txt/],
    ['a missing model', (folder) => rmSync(join(folder, 'model.onnx')), /^Expected a file model\.onnx/],
    ['a missing manifest', (folder) => rmSync(join(folder, 'manifest.json')), /^Expected a file manifest\.json/],
    [
      'a model.onnx that is a link out of the folder',
      (folder) => {
        rmSync(join(folder, 'model.onnx'));
        symlinkSync('/etc/hostname', join(folder, 'model.onnx'));
      },
      /^Expected a regular file inside the model folder/,
    ],
  ];
  for (const [what, damage, message] of damages) {
    it(`refuses ${what}`, async () => {
      const folder = await folderWith();
      damage(folder);
      await assert.rejects(() => verifyModelFolder(nodeDisk, folder, like), { code: 'MODEL_INVALID', message });
    });
  }

  it('refuses a manifest that was changed after it was signed', async () => {
    const folder = await folderWith({ privateKeyPem: ours.privateKey });
    const path = join(folder, 'manifest.json');
    writeFileSync(path, `${(await import('node:fs')).readFileSync(path, 'utf8')} `);
    await assert.rejects(() => verifyModelFolder(nodeDisk, folder, { publicKeyPem: ours.publicKey }), {
      message: /^Expected a signature/,
    });
  });

  it('says so when there is nothing, or a file', async () => {
    await assert.rejects(() => verifyModelFolder(nodeDisk, join(root, 'none')), { code: 'MODEL_NOT_FOUND' });
    writeFileSync(join(root, 'file'), '');
    await assert.rejects(() => verifyModelFolder(nodeDisk, join(root, 'file')), { code: 'MODEL_INVALID' });
  });
});

describe('signature', () => {
  it('holds for the exact bytes only', () => {
    const signature = signManifest(Buffer.from('abc'), ours.privateKey);
    assert.equal(isSignedBy(Buffer.from('abc'), signature, ours.publicKey), true);
    assert.equal(isSignedBy(Buffer.from('abd'), signature, ours.publicKey), false);
    assert.equal(isSignedBy(Buffer.from('abc'), 'no base64!', ours.publicKey), false);
  });

  it('refuses keys of another kind without repeating them', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048, ...pem } as never) as unknown as typeof ours;
    assert.throws(() => readPublicKey(rsa.publicKey), /Expected an Ed25519 public key .* of type rsa/);
    assert.throws(
      () => readPublicKey('secret text'),
      (error: Error) => !error.message.includes('secret'),
    );
  });
});

describe('confinedPath', () => {
  const models = join(root, 'models');
  mkdirSync(join(models, 'new'), { recursive: true });
  mkdirSync(join(root, 'outside'));
  symlinkSync(join(root, 'outside'), join(models, 'link'));

  it('finds a model inside, by a relative or an absolute path', async () => {
    assert.equal(await confinedPath(models, 'new', 'candidate'), join(models, 'new'));
    assert.equal(await confinedPath(models, join(models, 'new'), 'candidate'), join(models, 'new'));
  });

  for (const path of ['../outside', 'new/../../outside', '/etc', 'link', 'link/x/../..', '.', '', 'a\0b']) {
    it(`refuses ${JSON.stringify(path)}`, async () => {
      await assert.rejects(() => confinedPath(models, path, 'candidate'), {
        code: 'BAD_ARGUMENT',
        message: /candidate/,
      });
    });
  }

  it('says when there is nothing', async () => {
    await assert.rejects(() => confinedPath(models, 'gone', 'candidate'), { code: 'MODEL_NOT_FOUND' });
  });
});
