import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { broker, brokerUrl } from '../../src/doctor/live/broker';
import { editor } from '../../src/doctor/live/editor';
import { cameraProperties, frame } from '../../src/doctor/live/frame';
import { model } from '../../src/doctor/live/model';
import { resolveModelPath } from '../../src/model/resolve';
import { simulatePart } from '../../src/simulate/line';
import { Mosquitto } from '../helpers/mosquitto';

const CONTEXT = { answers: {}, model: resolveModelPath('pcb-defects', []), editor: 'http://127.0.0.1:1' };

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

describe('checks that try something', () => {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  after(() => rmSync(folder, { recursive: true }));

  it('editor: answers, answers 401, answers 500, does not answer', async () => {
    let status = 200;
    const server = createServer((_request, response) => void response.writeHead(status).end());
    const url = `http://127.0.0.1:${await portOf(server)}`;
    assert.equal((await editor({ ...CONTEXT, editor: url })).state, 'ok');
    status = 401;
    assert.equal((await editor({ ...CONTEXT, editor: url })).state, 'ok');
    status = 500;
    assert.match((await editor({ ...CONTEXT, editor: url })).found, /answers 500/);
    server.close();
    assert.match((await editor(CONTEXT)).found, /nothing answers/);
  });

  it('frame: one picture of a camera, and why there is none', async () => {
    writeFileSync(join(folder, 'board.jpg'), (await simulatePart({}, 0)).image);
    const taken = await frame({ ...CONTEXT, camera: folder });
    assert.match(taken.found, /^\d+×\d+ jpeg after \d+ ms/);
    const missing = await frame({ ...CONTEXT, camera: 'http://127.0.0.1:1/none.jpg' });
    assert.equal(missing.state, 'fail');
    assert.deepEqual(cameraProperties('rpicam:1'), { source: 'rpicam', device: '1', mode: 'snapshot' });
    assert.deepEqual(cameraProperties('/dev/video2'), { source: 'v4l2', device: '/dev/video2' });
    assert.equal(cameraProperties('rtsp://10.0.0.2/live').source, 'rtsp');
  });

  it('broker: a real one that takes clients, one that wants a password, something else, nothing', async () => {
    const open = await Mosquitto.start();
    assert.equal((await broker({ ...CONTEXT, broker: `mqtt://127.0.0.1:${open.port}` })).state, 'ok');
    await open.stop();
    const closed = await Mosquitto.start(['allow_anonymous false']);
    const refused = await broker({ ...CONTEXT, broker: `mqtt://me@127.0.0.1:${closed.port}`, brokerPassword: 'x' });
    assert.match(refused.found, /refuses: (not authorised|wrong user)/);
    await closed.stop();
    const other = createTcpServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n'));
    const notMqtt = await broker({ ...CONTEXT, broker: `mqtt://127.0.0.1:${await portOf(other)}` });
    assert.match(notMqtt.found, /no MQTT broker/);
    other.close();
    assert.equal((await broker({ ...CONTEXT, broker: 'mqtt://127.0.0.1:1' })).state, 'fail');
  });

  for (const address of ['http://host', 'mqtt://', 'host:1883', 'mqtt://me:secret@host', '-h']) {
    it(`broker: ${address} is refused in one sentence`, () => {
      assert.throws(() => brokerUrl(address), /^Expected mqtt:\/\/.* for the broker but received (?!.*secret)/);
    });
  }

  it('model: answers its golden pictures; one that is not there', async () => {
    assert.match((await model(CONTEXT)).found, /^pcb-defects .* as certified/);
    assert.equal((await model({ ...CONTEXT, model: join(folder, 'none') })).state, 'fail');
  });
});
