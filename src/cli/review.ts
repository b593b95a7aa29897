import { nonEmptyString } from '../contract/validate';
import { ReviewStore } from '../shadow/review/review-store';
import type { BlindCard } from '../shadow/review/card';
import { statOf, nodeDisk } from '../kit/disk';
import { expected } from '../contract/errors';
import { action, type CommandResult, type RegisterCommand } from './command';

interface ReviewOptions {
  json?: boolean;
  by: string;
  class?: string;
}

function line({ id, kind, label, camera, time, state }: BlindCard): string {
  return [id, state.padEnd(6), kind.padEnd(8), (label ?? 'whole part').padEnd(12), camera, time].join('  ');
}

/** The store of a node, read and added to beside it: the node alone tidies up. */
async function openStore(folder: string): Promise<ReviewStore> {
  const path = nonEmptyString(folder, 'the folder');
  if ((await statOf(nodeDisk, path))?.isDirectory() !== true) {
    throw expected('the folder of a store of answers', 'review', folder);
  }
  return ReviewStore.open(path, {}, { keeps: false });
}

async function shown(store: ReviewStore, card: BlindCard): Promise<CommandResult> {
  const crop = (await store.picture(card.id, 'crop'))?.path ?? null;
  const picture = (await store.picture(card.id, 'whole'))?.path ?? null;
  const text = [line(card), `crop     ${crop ?? 'none'}`, `picture  ${picture ?? 'none'}`].join('\n');
  return { json: { ...card, crop, picture }, text };
}

async function list(folder: string): Promise<CommandResult> {
  const store = await openStore(folder);
  const cards = await store.list(['open', 'second']);
  const stats = await store.stats();
  const summary = `${stats.open} open, ${stats.second} for a second answer, ${stats.done} done`;
  return { json: { cards, stats }, text: [...cards.map(line), summary].join('\n') };
}

async function run(options: ReviewOptions, folder: string, what?: string, ...rest: string[]): Promise<CommandResult> {
  if (what === undefined) return list(folder);
  const store = await openStore(folder);
  if (what === 'next') {
    const card = await store.next(options.by);
    return card === undefined ? { json: null, text: 'There is nothing to answer.' } : shown(store, card);
  }
  if (what !== 'answer') throw expected('next, answer, or nothing to list the cards', 'review', what);
  const [id, ...words] = rest.flat();
  const verdict = words.join(' ');
  const { by, class: label } = options;
  const card = await store.answer(nonEmptyString(id, 'the card'), { verdict, label, by, way: 'command line' });
  return { json: card, text: `Stored: ${card.id} ${verdict}` };
}

export const registerReview: RegisterCommand = (program) => {
  program
    .command('review')
    .description('Answer what two models disagree about: list the cards, `next` shows one, `answer ID VERDICT` stores.')
    .argument('<folder>', 'store of answers of a model-shadow node')
    .argument('[what]', 'next | answer')
    .argument('[rest...]', 'with answer: ID, then defect | no defect | cannot tell | other class')
    .option('--by <name>', 'who answers', process.env.USER ?? 'command line')
    .option('--class <name>', 'the class that it is in truth, with `other class`')
    .option('--json', 'print one JSON document')
    .action(action(run));
};
