import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { get } from 'sparkplug-payload';
import { loadSparkplugCodec, SparkplugEdge } from '../../../src/alert/announce/sparkplug';
import { sparkplugGroup } from '../../../src/alert/judge/names';
import { AlertStation } from '../../../src/alert/station';
import { detection, FRAME, INFERENCE, NOW_MS } from '../fixtures';

const eclipse = get('spBv1.0');
assert.ok(eclipse);

async function edgeNode(bdSeq = 3): Promise<SparkplugEdge> {
  return new SparkplugEdge(await loadSparkplugCodec(), { group: 'Plant 1', node: 'line-1', version: '0.1.0', bdSeq });
}

const verdict = new AlertStation('line-1', NOW_MS).judge(
  { payload: [detection()], frame: FRAME, inference: INFERENCE },
  NOW_MS,
).verdict;

function decode(message: { payload: Buffer } | undefined) {
  assert.ok(message);
  const { seq, metrics } = eclipse!.decodePayload(message.payload);
  return {
    seq: seq === undefined || seq === null ? undefined : Number(seq),
    metrics: Object.fromEntries((metrics ?? []).map(({ name, value }) => [String(name), value])),
  };
}

describe('SparkplugEdge', () => {
  it('is born with seq 0, the bdSeq of its will, and every metric of its device', async () => {
    const edge = await edgeNode();
    const [node, device] = edge.birth(undefined, NOW_MS);
    assert.equal(node?.topic, 'spBv1.0/Plant 1/NBIRTH/line-1');
    assert.equal(device?.topic, 'spBv1.0/Plant 1/DBIRTH/line-1/inspection');
    const born = decode(node);
    assert.equal(born.seq, 0);
    assert.equal(Number(born.metrics.bdSeq), 3);
    assert.equal(born.metrics['Node Control/Rebirth'], false);
    const death = decode(edge.death());
    assert.equal(Number(death.metrics.bdSeq), 3);
    assert.equal(edge.death().topic, 'spBv1.0/Plant 1/NDEATH/line-1');
    assert.equal(decode(device).seq, 1);
    assert.deepEqual(Object.keys(decode(device).metrics), Object.keys(decode(edge.data(verdict)).metrics));
  });

  it('tells verdicts as data', async () => {
    const edge = await edgeNode();
    edge.birth(undefined, NOW_MS);
    const message = edge.data(verdict);
    assert.equal(message?.topic, 'spBv1.0/Plant 1/DDATA/line-1/inspection');
    const { seq, metrics } = decode(message);
    assert.equal(seq, 2);
    assert.equal(metrics.Verdict, 'FAIL');
    assert.equal(metrics['Worst Defect'], 'scratch');
    assert.equal(metrics.Defects, 1);
    assert.equal(metrics['Latency ms'], 25);
    assert.equal(metrics['Temperature C'], null);
    assert.equal(Number(metrics['Counters/Triggers']), 1);
  });

  it('counts seq from 0 to 255 and round again', async () => {
    const edge = await edgeNode();
    edge.birth(undefined, NOW_MS);
    const seqs = Array.from({ length: 300 }, () => decode(edge.data(verdict)).seq);
    assert.deepEqual(
      seqs,
      Array.from({ length: 300 }, (_, i) => (i + 2) % 256),
    );
  });

  it('says nothing between a lost connection and the next birth, and counts bdSeq on', async () => {
    const edge = await edgeNode(255);
    assert.equal(edge.data(verdict), undefined);
    edge.birth(undefined, NOW_MS);
    assert.equal(edge.nextConnection(), 0);
    assert.equal(edge.data(verdict), undefined);
    assert.equal(Number(decode(edge.birth(verdict, NOW_MS)[0]).metrics.bdSeq), 0);
  });

  it('knows a rebirth command, and takes other bytes for none', async () => {
    const edge = await edgeNode();
    const command = (value: boolean) =>
      eclipse.encodePayload({
        timestamp: NOW_MS,
        metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', value }],
      });
    assert.equal(edge.asksForRebirth(command(true)), true);
    assert.equal(edge.asksForRebirth(command(false)), false);
    for (const bytes of [Buffer.alloc(0), Buffer.from('{}'), Buffer.alloc(1000, 255)]) {
      assert.equal(edge.asksForRebirth(bytes), false);
    }
  });
});

describe('loadSparkplugCodec', () => {
  it('says how to get the package when it is not there', () =>
    assert.rejects(loadSparkplugCodec('no-such-package'), /npm install sparkplug-payload/));
});

describe('sparkplugGroup', () => {
  for (const value of ['', 'a/b', '#', '+', 'a\nb', 'x'.repeat(65), 5, '<b>']) {
    it(`refuses ${JSON.stringify(value).slice(0, 12)}`, () =>
      assert.throws(() => sparkplugGroup(value), /Sparkplug group/));
  }
});
