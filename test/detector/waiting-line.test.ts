import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Overload } from '../../src/detector/api';
import { WaitingLine } from '../../src/detector/waiting-line';

const job = (name: string, overload: Overload, bytes = 1) => ({ name, overload, bytes });

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
});
