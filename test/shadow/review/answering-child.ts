import { ReviewStore } from '../../../src/shadow/review/review-store';

/** Answers the cards of the store in argv, round after round under another name, and prints what it was told is stored. */
async function main(): Promise<void> {
  const store = await ReviewStore.open(process.argv[2] ?? '', {}, { keeps: false });
  for (let round = 0; ; round++) {
    for (const { id } of await store.list()) {
      const by = `child-${round}`;
      await store.answer(id, { verdict: 'defect', by, way: 'command line' });
      process.stdout.write(`${id} ${by}\n`);
    }
  }
}

void main();
