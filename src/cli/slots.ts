import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Detector } from '../detector/detector';
import { expected, InspectionError, messageOf } from '../contract/errors';
import { nodeDisk } from '../kit/disk';
import { resolveModelPath } from '../model/resolve';
import { MANIFEST_FILE, otherSlot, SIGNATURE_FILE } from '../model/slots/layout';
import type { SlotReport, SlotsState } from '../model/slots/station';
import { SlotStore } from '../model/slots/store';
import { signManifest } from '../model/slots/signature';
import { verifyModelFolder } from '../model/slots/verify';
import { nonEmptyString } from '../contract/validate';
import { action, type CommandResult, type RegisterCommand } from './command';

interface SlotOptions {
  json?: boolean;
  publicKey?: string;
  reason?: string;
  model?: string;
  key?: string;
  try?: boolean;
}

/** The reason in the journal when nobody gave one. */
const BY_COMMAND_LINE = 'by the command line';
/** Entries of the journal that `status` shows. */
const JOURNAL_SHOWN = 10;

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new InspectionError('BAD_ARGUMENT', `Expected a file that can be read for ${what} but ${messageOf(error)}`);
  }
}

async function storeOf(station: string, { publicKey }: SlotOptions): Promise<SlotStore> {
  return new SlotStore(resolve(station), { publicKeyPem: await keyOf(publicKey) });
}

async function keyOf(publicKey: string | undefined): Promise<string | undefined> {
  return publicKey === undefined ? undefined : readText(publicKey, '--public-key');
}

function describeSlot({ slot, role, manifest, problem }: SlotReport) {
  const { name, version, sha256, precision } = manifest ?? {};
  return { slot, role, name, version, sha256, precision, problem };
}

function describe(state: SlotsState) {
  const { station, pointer, chosen } = state;
  return {
    station,
    current: chosen?.slot ?? null,
    state: pointer?.state ?? null,
    since: pointer?.since ?? null,
    because: chosen?.because ?? null,
    slots: { a: describeSlot(state.slots.a), b: describeSlot(state.slots.b) },
  };
}

function textOf(state: SlotsState): string {
  const lines = Object.values(state.slots).map(({ slot, role, manifest, problem }) => {
    const model = manifest ? `${manifest.name} ${manifest.version} ${manifest.sha256.slice(0, 12)}` : '';
    const trial = role === 'current' && state.pointer?.state === 'trial' ? ', on trial' : '';
    return `slot ${slot}: ${role}${trial} ${problem ?? model}`.trimEnd();
  });
  return lines.join('\n');
}

async function status(options: SlotOptions, station: string): Promise<CommandResult> {
  const store = await storeOf(station, options);
  const [state, journal] = [await store.state(), (await store.journal()).slice(-JOURNAL_SHOWN)];
  const history = journal
    .filter(({ step }) => step === 'done')
    .map(({ at, operation, slot, reason }) => `${at} ${operation} slot ${slot}: ${reason}`);
  const failed = state.chosen ? undefined : `Expected a station with a valid model for ${station} but received none`;
  return { json: { ...describe(state), journal }, text: [textOf(state), ...history].join('\n'), failed };
}

/** Starts the candidate once, so that a model that does not load is never promoted. */
async function tryCandidate(store: SlotStore): Promise<void> {
  const { pointer, slots } = await store.state();
  const candidate = pointer && slots[otherSlot(pointer.slot)];
  if (candidate?.manifest === undefined) return;
  await tryModel(candidate.folder);
}

/** Starts a model in a process of its own, which asks its golden pictures. @throws InspectionError the refusal */
async function tryModel(model: string): Promise<void> {
  const detector = new Detector({ model, threads: 1 });
  try {
    await detector.start();
  } finally {
    await detector.stop();
  }
}

/**
 * The model folder that was named, by path or by a shipped model's name. A slot holds a folder: a bare .onnx says neither
 * its hash nor its classes.
 */
function folderOf(model: unknown): string {
  const path = resolveModelPath(nonEmptyString(model, '--model'), [process.cwd()]);
  if (!path.toLowerCase().endsWith('.onnx')) return path;
  throw expected('a model folder (edge-inspect quantize makes one)', '--model', path, 'MODEL_INVALID');
}

/** One row per change of the slots: how it is described, and what it does. */
const CHANGES: Record<
  string,
  [description: string, change: (store: SlotStore, options: SlotOptions) => Promise<SlotsState>]
> = {
  init: ['make a station folder out of a first model', (store, { model }) => store.init(folderOf(model))],
  install: [
    'verify a model, have it answer its golden pictures, and put it into the slot that is not in use, as the candidate',
    async (store, { model, publicKey }) => {
      const folder = folderOf(model);
      // (a model is not run before it is known whose it is)
      const publicKeyPem = await keyOf(publicKey);
      const { manifest } = await verifyModelFolder(nodeDisk, folder, { publicKeyPem });
      if (manifest.selfTest) await tryModel(folder);
      return store.install(folder);
    },
  ],
  promote: [
    'switch to the candidate, on trial',
    async (store, options) => {
      if (options.try !== false) await tryCandidate(store);
      // a reason of a person's own is what a rejected model needs
      return store.promote(options.reason ?? BY_COMMAND_LINE, { insist: options.reason !== undefined });
    },
  ],
  confirm: ['end the trial: the model stays', (store, { reason }) => store.confirm(reason)],
  revert: ['go back to the former model', (store, { reason }) => store.revert(reason)],
  reject: ['turn the candidate down, or revert a trial', (store, { reason }) => store.reject(reason)],
};

/** Changes that take a model from elsewhere. */
const TAKING: ReadonlySet<string> = new Set(['init', 'install']);

function registerChange(slots: Command, name: string): void {
  const [description, change] = CHANGES[name] as (typeof CHANGES)[string];
  const command = slots.command(`${name} <station>`).description(description);
  if (TAKING.has(name))
    command.requiredOption(
      '--model <dir>',
      'model folder (model.onnx and manifest.json), or the name of a shipped model',
    );
  else if (name !== 'promote') command.option('--reason <text>', 'one sentence for the journal', BY_COMMAND_LINE);
  else {
    command.option('--reason <text>', 'one sentence for the journal; a model that was rejected needs one');
    command.option('--no-try', 'do not start the candidate once before');
  }
  command
    .option('--public-key <file>', 'PEM of the Ed25519 key that models must be signed by')
    .option('--json', 'print one JSON document')
    .action(
      action(async (options: SlotOptions, station: string) => {
        const state = await change(await storeOf(station, options), options);
        return { json: describe(state), text: textOf(state) };
      }),
    );
}

/** Signs a model folder after it was verified: `manifest.sig` beside its manifest. */
async function sign({ key }: SlotOptions, model: string): Promise<CommandResult> {
  const privateKeyPem = await readText(nonEmptyString(key, '--key'), '--key');
  const { manifest } = await verifyModelFolder(nodeDisk, folderOf(model));
  const signature = signManifest(await readFile(join(folderOf(model), MANIFEST_FILE)), privateKeyPem);
  const file = join(folderOf(model), SIGNATURE_FILE);
  await writeFile(file, signature);
  return { json: { file, sha256: manifest.sha256 }, text: `signed ${manifest.name} ${manifest.version}: ${file}` };
}

export const registerSlots: RegisterCommand = (program) => {
  const slots = program
    .command('slots')
    .description('The two model slots of a station: install a candidate, promote it, confirm or revert.');
  slots
    .command('status <station>')
    .description('what is in the slots, and which one is in use')
    .option('--public-key <file>', 'PEM of the Ed25519 key that models must be signed by')
    .option('--json', 'print one JSON document')
    .action(action(status));
  for (const name of Object.keys(CHANGES)) registerChange(slots, name);
  slots
    .command('sign <model>')
    .description('sign a model folder with an Ed25519 private key (openssl genpkey -algorithm ed25519)')
    .requiredOption('--key <file>', 'PEM of the private key')
    .option('--json', 'print one JSON document')
    .action(action(sign));
};
