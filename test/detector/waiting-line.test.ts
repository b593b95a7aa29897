import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Overload } from '../../src/contract/detector';
import { WaitingLine } from '../../src/detector/waiting-line';

const job = (name: string, overload: Overload, bytes = 1, source = 'camera') => ({ name, overload, bytes, source });

describe('waiting line', () => {
  it('lets the oldest frame give way under `latest`', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(2);
    assert.equal(line.push(job('a', 'latest')), undefined);
    assert.equal(line.push(job('b', 'latest')), undefined);
    assert.equal(line.push(job('c', 'latest'))?.name, 'a');
    assert.deepEqual([line.shift()?.name, line.shift()?.name, line.shift()], ['b', 'c', undefined]);
  });

  it('keeps all frames under `every`', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(2);
    for (let index = 0; index < 100; index++) assert.equal(line.push(job(`${index}`, 'every')), undefined);
    assert.equal(line.length, 100);
    assert.equal(line.shift()?.name, '0');
  });

  it('a camera whose name is null, undefined or an object is served like any other: it held up the whole line', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(9);
    const names = [null, undefined, {}, [], NaN, 'camera'] as unknown as string[];
    for (const round of [1, 2]) for (const name of names) line.push(job(`${round}`, 'latest', 1, name));
    const served = Array.from({ length: 12 }, () => line.shift());
    assert.ok(served.every((one) => one !== undefined));
    assert.equal(line.length, 0);
  });

  it('never drops an `every` frame for a `latest` one', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(1);
    line.push(job('every 1', 'every'));
    assert.equal(line.push(job('latest 1', 'latest')), undefined);
    line.push(job('every 2', 'every'));
    assert.equal(line.push(job('latest 2', 'latest'))?.name, 'latest 1');
    assert.deepEqual(
      line.clear().map(({ name }) => name),
      ['every 1', 'every 2', 'latest 2'],
    );
  });

  it('refuses the newest frame when memory is used up, and takes frames again when there is room', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(2, 100);
    line.push(job('a', 'every', 60));
    assert.equal(line.push(job('b', 'every', 60))?.name, 'b');
    line.shift();
    assert.equal(line.push(job('c', 'every', 60)), undefined);
  });

  it('serves cameras in turns, and a camera pushes out its own frames only', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(2);
    const from = (source: string, number: number) => job(`${source}${number}`, 'latest', 1, source);
    for (const number of [1, 2, 3]) {
      assert.equal(line.push(from('fast', number))?.name, number === 3 ? 'fast1' : undefined);
    }
    assert.equal(line.push(from('late', 1)), undefined);
    assert.deepEqual([line.shift()?.name, line.shift()?.name], ['fast2', 'late1']);
    // both were served: the one served longest ago is next
    line.push(from('late', 2));
    assert.deepEqual([line.shift()?.name, line.shift()?.name, line.shift()], ['fast3', 'late2', undefined]);
  });

  it('gives equal shares to eight cameras that all ask for too much', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(2);
    const served = new Map<string, number>();
    for (let turn = 0; turn < 400; turn++) {
      // always in the same order, the worst case for the first
      for (let camera = 0; camera < 8; camera++) line.push(job('', 'latest', 1, `camera ${camera}`));
      const source = line.shift()?.source as string;
      served.set(source, (served.get(source) ?? 0) + 1);
    }
    assert.deepEqual([...served.values()], Array<number>(8).fill(50));
  });

  it('is bounded however many names the sources have', () => {
    const line = new WaitingLine<ReturnType<typeof job>>(2);
    for (let index = 0; index < 1000; index++) line.push(job(`${index}`, 'latest', 1, `topic ${index}`));
    assert.equal(line.length, 32);
    assert.equal(line.shift()?.name, '968');
  });
});
