import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InspectionError, messageOf } from '../contract/errors';
import type { ModelManifest } from '../contract/manifest';
import { complaintOf, schemaCheck } from '../contract/schema';
import { readRegularFile } from '../kit/read-file';
import { SELF_TEST_FILE, SELF_TEST_SHEET, type SelfTest } from '../contract/self-test';

/** A self-test as it lies in a model folder: hashes verified, nothing run yet. */
export interface StoredSelfTest {
  selfTest: SelfTest;
  /** The bytes of self-test.png. */
  sheet: Uint8Array;
}

/** Four pictures of 4096 pixels a side in few colours are smaller. */
const MAX_BYTES = 64 << 20;

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Reads the self-test that a manifest speaks of; undefined when it speaks of none.
 *
 * @throws InspectionError MODEL_INVALID when a file is missing, was changed, or belongs to another model
 */
export async function readSelfTest(
  folder: string,
  manifest: Pick<ModelManifest, 'selfTest' | 'sha256'>,
): Promise<StoredSelfTest | undefined> {
  if (manifest.selfTest === undefined) return undefined;
  const answers = await read(folder, SELF_TEST_FILE, manifest.selfTest.sha256);
  const selfTest = parse(answers, join(folder, SELF_TEST_FILE));
  const sheet = await read(folder, SELF_TEST_SHEET, selfTest.sheetSha256);
  return { selfTest, sheet };
}

/** Writes both files. @returns what belongs into the manifest */
export async function writeSelfTest(
  folder: string,
  { selfTest, sheet }: StoredSelfTest,
): Promise<NonNullable<ModelManifest['selfTest']>> {
  const answers = Buffer.from(`${JSON.stringify(selfTest)}\n`);
  await writeFile(join(folder, SELF_TEST_SHEET), sheet);
  await writeFile(join(folder, SELF_TEST_FILE), answers);
  return { sha256: sha256Of(answers) };
}

async function read(folder: string, name: string, sha256: string): Promise<Buffer> {
  const path = join(folder, name);
  const bytes = await readRegularFile(path, name, { maxBytes: MAX_BYTES }).catch((error: unknown) => {
    if (error instanceof InspectionError) throw error;
    throw new InspectionError('MODEL_INVALID', `Expected ${path}, which the manifest names, but ${messageOf(error)}`);
  });
  const found = sha256Of(bytes);
  if (found === sha256) return bytes;
  throw new InspectionError(
    'MODEL_INVALID',
    `Expected the sha256 ${sha256} for ${path} but the file has ${found}: it was changed or belongs to another model`,
  );
}

function parse(bytes: Buffer, path: string): SelfTest {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new InspectionError('MODEL_INVALID', `Expected JSON in ${path} but ${messageOf(error)}`);
  }
  const check = schemaCheck('self-test');
  if (check(document)) return document as SelfTest;
  throw new InspectionError('MODEL_INVALID', `Expected a valid self-test in ${path} but ${complaintOf(check)}`);
}
