import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GraphEditor, type ModelProto } from '../../../src/onnx';
import { findClassLogits } from '../../../src/quantize/graph/class-logits';
import { splitHead } from '../../../src/quantize/graph/head';
import { NET_CLASSES, yolov5Net, yolov8Net } from '../yolo-nets';

function logitsOf(model: ModelProto, channels: Record<string, number>, classCount: number): string[] {
  const graph = new GraphEditor(model);
  const shapes = new Map(Object.entries(channels).map(([value, count]) => [value, [1, count, 8, 8]]));
  return [...findClassLogits(graph, splitHead(graph), shapes, classCount)].sort();
}

const scales = (name: string): string[] => [0, 1, 2].map((scale) => name.replace('#', String(scale)));
const channels = (entries: [string, number][]): Record<string, number> => Object.fromEntries(entries);

describe('findClassLogits', () => {
  it('finds the class branch of every scale', () => {
    const v8 = channels([
      ...scales('box#.1').map((name) => [name, 64] as [string, number]),
      ...scales('class#.1').map((name) => [name, NET_CLASSES.length] as [string, number]),
    ]);
    assert.deepEqual(logitsOf(yolov8Net(), v8, NET_CLASSES.length), scales('class#.1'));
  });

  it('tells box and class branch apart when both have as many channels', () => {
    const same = channels([...scales('box#.1'), ...scales('class#.1')].map((name) => [name, 64]));
    assert.deepEqual(logitsOf(yolov8Net(), same, 64), scales('class#.1'));
  });

  it('does not take a box branch for one with anchors where the number of channels would fit', () => {
    // 64 = 8 × (5 + 3)
    const three = channels([
      ...scales('box#.1').map((name) => [name, 64] as [string, number]),
      ...scales('class#.1').map((name) => [name, 3] as [string, number]),
    ]);
    assert.deepEqual(logitsOf(yolov8Net(), three, 3), scales('class#.1'));
  });

  it('finds the outputs with anchors, all of which go through a sigmoid', () => {
    const v5 = channels(scales('raw#').map((name) => [name, 3 * (5 + NET_CLASSES.length)]));
    assert.deepEqual(logitsOf(yolov5Net(), v5, NET_CLASSES.length), scales('raw#'));
  });

  it('finds nothing where the channels are not those of the classes', () => {
    const v8 = channels([...scales('box#.1'), ...scales('class#.1')].map((name) => [name, 64]));
    assert.deepEqual(logitsOf(yolov8Net(), v8, 7), []);
  });
});
