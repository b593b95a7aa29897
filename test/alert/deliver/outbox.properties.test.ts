import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeLines, encodeLine } from '../../../src/alert/deliver/log-lines';
import { Outbox } from '../../../src/alert/deliver/outbox';
import { RUNS } from '../../helpers/property-runs';

/** Each case opens files and syncs them. */
const FEW_RUNS = { ...RUNS, numRuns: 30 };

const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ put: fc.string({ maxLength: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ ack: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 1, arbitrary: fc.constant({ reopen: true as const }) },
);

describe('properties of the outbox', () => {
  it('what was put and not acknowledged is there, in order, over any number of restarts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const folder = mkdtempSync(join(tmpdir(), 'outbox-property-'));
        try {
          let outbox = await Outbox.open({ folder, segmentBytes: 300 });
          let wanted: { number: number; payload: string }[] = [];
          for (const one of steps) {
            if ('put' in one) {
              const { number } = await outbox.put({ topic: 't', payload: one.put });
              wanted.push({ number, payload: one.put });
            } else if ('ack' in one) {
              const upTo = wanted[Math.floor(one.ack * wanted.length)]?.number ?? 0;
              outbox.ack(upTo);
              wanted = wanted.filter(({ number }) => number > upTo);
            } else {
              await outbox.close();
              outbox = await Outbox.open({ folder, segmentBytes: 300 });
            }
            assert.deepEqual(
              outbox.pending.map(({ number, payload }) => ({ number, payload })),
              wanted,
            );
          }
          await outbox.close();
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      FEW_RUNS,
    );
  });

  it('a file that was cut off anywhere gives the messages before the cut, and takes new ones', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (payloads, where) => {
          const folder = mkdtempSync(join(tmpdir(), 'outbox-property-'));
          try {
            const outbox = await Outbox.open({ folder });
            for (const payload of payloads) await outbox.put({ topic: 't', payload });
            await outbox.close();
            const path = join(folder, readdirSync(folder)[0]!);
            const bytes = readFileSync(path);
            truncateSync(path, Math.floor(where * bytes.length));
            const again = await Outbox.open({ folder });
            const left = again.pending.map(({ payload }) => payload);
            assert.deepEqual(left, payloads.slice(0, left.length));
            await again.put({ topic: 't', payload: 'new' });
            await again.close();
            const third = await Outbox.open({ folder });
            assert.deepEqual(
              third.pending.map(({ payload }) => payload),
              [...left, 'new'],
            );
            await third.close();
          } finally {
            rmSync(folder, { recursive: true });
          }
        },
      ),
      FEW_RUNS,
    );
  });

  it('lines read as they were written; one damaged byte costs one line', () => {
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (records, at, change) => {
          const lines = records.map(encodeLine);
          const bytes = Buffer.from(lines.join(''));
          const wire = records.map((record) => JSON.parse(JSON.stringify(record)) as unknown);
          assert.deepEqual(decodeLines(bytes).records, wire);
          const place = at % bytes.length;
          // a line break more or less joins or parts two lines
          if (bytes[place] === 0x0a || (bytes[place]! ^ change) === 0x0a) return;
          bytes[place]! ^= change;
          const { records: left, damaged } = decodeLines(bytes);
          assert.equal(damaged, 1);
          assert.equal(left.length, records.length - 1);
        },
      ),
      RUNS,
    );
  });

  it('a folder with files of anything opens', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), async (bytes) => {
        const folder = mkdtempSync(join(tmpdir(), 'outbox-property-'));
        try {
          writeFileSync(join(folder, '0000000001.log'), bytes);
          const outbox = await Outbox.open({ folder });
          assert.deepEqual(outbox.pending, []);
          await outbox.close();
        } finally {
          rmSync(folder, { recursive: true });
        }
      }),
      FEW_RUNS,
    );
  });
});
