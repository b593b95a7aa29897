import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StationNames } from '../../../nodes/defect-alert/station-names';

describe('the names of the stations at work', () => {
  it('two of one name are both told, and told again when they are not', () => {
    const names = new StationNames();
    const told: string[] = [];
    const join = (id: string, name: string) => names.join(id, name, (twin) => told.push(`${id}: ${twin ?? 'alone'}`));
    join('a', 'line 1');
    assert.deepEqual(told.splice(0), []);
    const leave = join('b', 'line 1');
    assert.deepEqual(told.splice(0), ['a: line 1', 'b: line 1']);
    join('c', 'line-1');
    assert.deepEqual(told.splice(0), ['c: line 1'], 'the same id in Home Assistant');
    assert.deepEqual(names.beside('b'), ['line 1', 'line-1']);
    leave();
    assert.deepEqual(told.splice(0), ['a: line-1']);
    join('c', 'line 2');
    assert.deepEqual(told.splice(0), ['a: alone']);
  });
});
