// Cameras and models are told apart by their nodes: names are for people, and nothing keeps two from having one.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import cameraIn from '../../nodes/camera-in/camera-in';
import inspectionModel from '../../nodes/inspection-model/inspection-model';
import { station } from '../../nodes/shared/station';
import { jpeg, temporaryFolder, until } from '../camera/support';
import { writeTinyModel } from '../helpers/tiny-model';

interface Message {
  frame: { source: string; sourceId: string };
}

function folderOf(count: number): string {
  const folder = temporaryFolder();
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `${i}.jpg`), jpeg(String(i)));
  return folder;
}

describe('nodes of one name', () => {
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  afterEach(() => helper.unload());

  it('two cameras of one name: each has its counters, and keeps them when the other closes', async () => {
    const camera = (id: string, count: number) => ({
      id,
      type: 'camera-in',
      name: 'top',
      source: 'folder',
      path: folderOf(count),
      fps: 50,
      loop: false,
      wires: [['out']],
    });
    await helper.load([cameraIn], [camera('a', 3), camera('b', 5), { id: 'out', type: 'helper' }]);
    const messages: Message[] = [];
    helper.getNode('out').on('input', (message) => messages.push(message as unknown as Message));
    const counters = () => station.monitor.snapshot().cameras;
    await until(() => messages.length === 8, 'all pictures');
    assert.ok(messages.every(({ frame }) => frame.source === 'top'));
    assert.equal(messages.filter(({ frame }) => frame.sourceId === 'a').length, 3);
    assert.deepEqual([counters()['top (a)']?.sent, counters()['top (b)']?.sent], [3, 5]);

    const metrics = async () => (await helper.request().get('/edge-inspect/metrics')).text;
    assert.match(await metrics(), /^edge_inspect_camera_pictures_total\{camera="top",outcome="sent",node="a"\} 3$/m);
    assert.match(await metrics(), /^edge_inspect_camera_pictures_total\{camera="top",outcome="sent",node="b"\} 5$/m);
    await helper.getNode('a').close(true);
    assert.equal(counters().top?.sent, 5);
    assert.doesNotMatch(await metrics(), /edge_inspect_camera.*node="a"/);
    assert.match(await metrics(), /^edge_inspect_camera_pictures_total\{camera="top",outcome="sent",node="b"\} 5$/m);
  });

  it('two models of one name: both are there, and closing one leaves the other', async () => {
    const model = writeTinyModel(join(temporaryFolder(), 'tiny.onnx'));
    const node = (id: string) => ({ id, type: 'inspection-model', name: 'pcb', model, threads: 1 });
    await helper.load([inspectionModel], [node('m'), node('n')]);
    assert.deepEqual(Object.keys(station.monitor.snapshot().detectors), ['pcb (m)', 'pcb (n)']);
    await helper.getNode('m').close(true);
    assert.deepEqual(Object.keys(station.monitor.snapshot().detectors), ['pcb']);
  });
});
