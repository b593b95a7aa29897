import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expected, InspectionError } from '../../contract/errors';
import { parseClassNamesFile } from '../class-names';
import { checkManifest } from '../manifest';
import type { ModelManifest } from '../../contract/manifest';
import { readBytes, readPieces, statOf, type Disk } from '../../kit/disk';
import { CLASS_NAMES_FILE, MANIFEST_FILE, MODEL_FILE, OPTIONAL_FILES, SIGNATURE_FILE } from './layout';
import { isSignedBy } from './signature';

/** What a model must be to stand in for another one. */
export interface ModelRequirements {
  /** The same classes in the same order: class ids are what rules and labels refer to. */
  classNames?: readonly string[];
  input?: { width: number; height: number };
  /** When given, `manifest.sig` must be a signature of the manifest by its private key. */
  publicKeyPem?: string;
}

export interface VerifiedModel {
  folder: string;
  manifest: ModelManifest;
  /** Names of the files that belong to the model. */
  files: string[];
}

/** Manifests and class lists are a few kB; anything far beyond is no manifest. */
const TEXT_MAX_BYTES = 4 << 20;

async function fileSize(disk: Disk, folder: string, name: string): Promise<number | undefined> {
  const stat = await statOf(disk, join(folder, name));
  if (stat === undefined) return undefined;
  if (stat.isFile()) return stat.size;
  throw expected('a regular file inside the model folder', name, 'a link or folder', 'MODEL_INVALID');
}

async function readSmall(disk: Disk, folder: string, name: string): Promise<Buffer> {
  const size = await fileSize(disk, folder, name);
  if (size === undefined) throw expected(`a file ${name}`, `the model folder ${folder}`, 'none', 'MODEL_INVALID');
  if (size > TEXT_MAX_BYTES) throw expected('at most 4 MB', name, `${size} bytes`, 'MODEL_INVALID');
  return readBytes(disk, join(folder, name));
}

function parseManifest(bytes: Buffer, path: string): ModelManifest {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw expected('JSON', path, bytes.toString('utf8'), 'MODEL_INVALID');
  }
  return checkManifest(document, path);
}

export async function sha256Of(disk: Disk, path: string): Promise<string> {
  const hash = createHash('sha256');
  await readPieces(disk, path, (piece) => void hash.update(piece));
  return hash.digest('hex');
}

/** The refusal of a model whose bytes are not the ones its manifest speaks of. */
export function wrongHash(declared: string, found: string): InspectionError {
  return expected(`SHA-256 ${declared} as the manifest says`, MODEL_FILE, found, 'MODEL_INVALID');
}

function checkSignature(manifest: Buffer, signature: string | undefined, publicKeyPem: string | undefined): void {
  if (publicKeyPem === undefined) return;
  const wanted = 'a signature by the configured public key';
  if (signature === undefined) throw expected(wanted, SIGNATURE_FILE, 'no such file', 'MODEL_INVALID');
  if (!isSignedBy(manifest, signature, publicKeyPem)) {
    throw expected(wanted, SIGNATURE_FILE, 'one that does not match', 'MODEL_INVALID');
  }
}

/** Refuses a model that cannot stand in for another: other classes, another order of classes, another input size. */
export function checkCompatible(
  manifest: { classNames: readonly string[]; input: { width: number; height: number } },
  { classNames, input }: ModelRequirements,
): void {
  const list = (names: readonly string[]) => names.join(', ');
  if (classNames !== undefined && JSON.stringify(classNames) !== JSON.stringify(manifest.classNames)) {
    throw expected(`the classes ${list(classNames)}`, 'the candidate', list(manifest.classNames), 'MODEL_INVALID');
  }
  if (input !== undefined && (input.width !== manifest.input.width || input.height !== manifest.input.height)) {
    const size = ({ width, height }: { width: number; height: number }) => `${width}x${height} pixels`;
    throw expected(`an input of ${size(input)}`, 'the candidate', size(manifest.input), 'MODEL_INVALID');
  }
}

async function checkClassNames(disk: Disk, folder: string, manifest: ModelManifest): Promise<void> {
  const names = parseClassNamesFile((await readSmall(disk, folder, CLASS_NAMES_FILE)).toString('utf8'));
  if (JSON.stringify(names) === JSON.stringify(manifest.classNames)) return;
  throw expected('the class names of the manifest', CLASS_NAMES_FILE, names.join(', '), 'MODEL_INVALID');
}

/**
 * Checks a model folder before anything in it is loaded: manifest, signature, classes, input size, and the SHA-256 of
 * `model.onnx`, in this order, cheapest first. Links are refused, so that nothing outside the folder is ever read.
 *
 * @throws InspectionError MODEL_NOT_FOUND, MODEL_INVALID with the reason in one sentence
 */
export async function verifyModelFolder(
  disk: Disk,
  folder: string,
  requirements: ModelRequirements = {},
): Promise<VerifiedModel> {
  const stat = await statOf(disk, folder);
  if (stat === undefined) throw expected('a model folder', folder, 'nothing', 'MODEL_NOT_FOUND');
  if (!stat.isDirectory()) throw expected('a model folder', folder, 'a file or a link', 'MODEL_INVALID');

  const bytes = await readSmall(disk, folder, MANIFEST_FILE);
  const manifest = parseManifest(bytes, join(folder, MANIFEST_FILE));
  const files: string[] = [MODEL_FILE, MANIFEST_FILE];
  for (const name of OPTIONAL_FILES) if ((await fileSize(disk, folder, name)) !== undefined) files.push(name);

  const signed = files.includes(SIGNATURE_FILE);
  const signature = signed ? (await readSmall(disk, folder, SIGNATURE_FILE)).toString('utf8') : undefined;
  checkSignature(bytes, signature, requirements.publicKeyPem);
  checkCompatible(manifest, requirements);
  if (files.includes(CLASS_NAMES_FILE)) await checkClassNames(disk, folder, manifest);

  const size = await fileSize(disk, folder, MODEL_FILE);
  if (size === undefined) throw expected(`a file ${MODEL_FILE}`, `the model folder ${folder}`, 'none', 'MODEL_INVALID');
  if (manifest.sizeBytes !== undefined && manifest.sizeBytes !== size) {
    throw expected(`${manifest.sizeBytes} bytes as the manifest says`, MODEL_FILE, `${size} bytes`, 'MODEL_INVALID');
  }
  const found = await sha256Of(disk, join(folder, MODEL_FILE));
  if (found !== manifest.sha256) throw wrongHash(manifest.sha256, found);
  return { folder, manifest, files };
}
