import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import helper from 'node-red-node-test-helper';
import cameraIn from '../../nodes/camera-in/camera-in';
import { ownPageOnly } from '../../nodes/shared/own-page';
import { httpServer, jpeg, markOf, temporaryFolder, until } from '../camera/support';

// a core node, without declarations
// eslint-disable-next-line @typescript-eslint/no-require-imports
const catchNode = require('@node-red/nodes/core/common/25-catch.js') as typeof cameraIn;

interface Message {
  payload: Buffer;
  topic: string;
  frame: { seq: number; source: string; format: string; triggerToCaptureMs?: number };
  notInspected?: { reason: string; detail: string };
  req?: string;
}

/** Deploys camera-in → helper, with a catch node, and collects what comes. */
async function deploy(config: Record<string, unknown>, credentials: Record<string, string> = {}) {
  const flow = [
    { id: 'tab', type: 'tab' },
    { id: 'camera', z: 'tab', type: 'camera-in', wires: [['out']], ...config },
    { id: 'out', z: 'tab', type: 'helper' },
    { id: 'n-catch', z: 'tab', type: 'catch', scope: null, wires: [['caught']] },
    { id: 'caught', z: 'tab', type: 'helper' },
  ];
  await helper.load([cameraIn, catchNode], flow, { camera: credentials });
  const messages: Message[] = [];
  const errors: string[] = [];
  helper.getNode('out').on('input', (message) => messages.push(message as unknown as Message));
  helper
    .getNode('caught')
    .on('input', (message) => errors.push((message as unknown as { error: { message: string } }).error.message));
  return { camera: helper.getNode('camera'), messages, errors };
}

function folderOf(names: string[]): string {
  const folder = temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), jpeg(name));
  return folder;
}

describe('node camera-in', () => {
  before(() => new Promise<void>((resolve) => void helper.startServer(resolve)));
  after(() => new Promise<void>((resolve) => void helper.stopServer(resolve)));
  afterEach(() => helper.unload());

  it('sends the pictures of a folder by itself', async () => {
    const { messages } = await deploy({ source: 'folder', path: folderOf(['a.jpg', 'b.jpg']), fps: 50, name: 'demo' });
    await until(() => messages.length >= 2, 'two messages');
    const [first, second] = messages as [Message, Message];
    assert.deepEqual([markOf(first.payload), markOf(second.payload)], ['a.jpg', 'b.jpg']);
    assert.deepEqual(
      [first.topic, first.frame.source, first.frame.format, second.frame.seq],
      ['demo', 'demo', 'jpeg', 1],
    );
  });

  it('takes one picture per message, and keeps what the message carried', async () => {
    const path = folderOf(['a.jpg', 'b.jpg']);
    const { camera, messages } = await deploy({ source: 'folder', path, trigger: 'message' });
    camera.receive({ req: 'kept', notInspected: { reason: 'old' } });
    await until(() => messages.length === 1, 'the answer');
    const [message] = messages as [Message];
    assert.equal(message.req, 'kept');
    assert.equal(message.notInspected, undefined);
    assert.equal(markOf(message.payload), 'a.jpg');
    assert.ok((message.frame.triggerToCaptureMs ?? -1) >= 0);
  });

  it('answers a trigger without a camera as not inspected, and tells a catch node', async () => {
    const { camera, messages, errors } = await deploy({ source: 'folder', path: '/not/there', trigger: 'message' });
    camera.receive({ req: 'kept' });
    await until(() => messages.length === 1 && errors.length === 1, 'the answer and the error');
    const [message] = messages as [Message];
    assert.equal(message.notInspected?.reason, 'camera lost');
    assert.equal(message.payload.length, 0);
    assert.equal(message.req, 'kept');
    assert.match(errors[0] as string, /Expected a folder for path but "\/not\/there" is not there/);
  });

  it('sends credentials by header alone', async () => {
    const seen: Array<string | undefined> = [];
    const { url } = await httpServer((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization}`);
      if (request.headers.authorization) return response.end(jpeg('http'));
      response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
    });
    const config = { source: 'http', url: `${url}/snap?secret=1`, fps: 20 };
    const { messages } = await deploy(config, { user: 'admin', password: 's3cret' });
    await until(() => messages.length >= 1, 'a picture');
    const [message] = messages as [Message];
    assert.equal(markOf(message.payload), 'http');
    assert.equal(message.topic, `${url}/snap`);
    assert.equal(seen[1], `/snap?secret=1 Basic ${Buffer.from('admin:s3cret').toString('base64')}`);
    assert.ok(!JSON.stringify(message).includes('s3cret'));
  });

  it('refuses a wrong property in one sentence, red, and still answers triggers', async () => {
    const { camera, messages, errors } = await deploy({ source: 'folder', path: '/x', fps: 'fast' });
    camera.receive({});
    await until(() => messages.length === 1 && errors.length === 1, 'the answer and the error');
    assert.match(errors[0] as string, /Expected a number between 0 and 120 for fps but received "fast"$/);
    assert.equal(messages[0]?.notInspected?.reason, 'camera lost');
    const status = (camera.status as unknown as { lastCall: { args: [{ fill: string }] } }).lastCall.args[0];
    assert.equal(status.fill, 'red');
  });

  it('takes one picture for the dialog, with properties that are not deployed', async () => {
    await deploy({ source: 'folder', path: folderOf(['deployed.jpg']), trigger: 'message' });
    const answer = await helper
      .request()
      .post('/camera-in/test')
      .send({ id: 'new', source: 'folder', path: folderOf(['dialog.jpg']), fps: '1' })
      .expect(200);
    const { frame, image } = answer.body as { frame: { width: number; format: string }; image: string };
    assert.deepEqual([frame.width, frame.format], [64, 'jpeg']);
    const [head, base64] = image.split(',') as [string, string];
    assert.equal(head, 'data:image/jpeg;base64');
    assert.equal(markOf(Buffer.from(base64, 'base64')), 'dialog.jpg');
  });

  it('tells the dialog in one sentence what is wrong', async () => {
    await deploy({ source: 'folder', path: '/x', trigger: 'message' });
    const cases: Array<[object, RegExp]> = [
      [{ source: 'folder', path: '/not/there' }, /^Expected a folder for path but "\/not\/there" is not there/],
      [{ source: 'http', url: 'http://127.0.0.1:1/' }, /nothing listens there/],
      [
        { source: 'rtsp', url: 'file:///etc/passwd' },
        /^Expected a url that begins with rtsp:\/\/ or rtsps:\/\/ for url/,
      ],
      [{}, /^Expected a non-empty string for path but received ""$/],
    ];
    for (const [dialog, sentence] of cases) {
      const answer = await helper.request().post('/camera-in/test').send(dialog).expect(400);
      assert.match((answer.body as { error: string }).error, sentence);
    }
  });

  it('the dialog looks through a running stream, which loses no picture by it', async () => {
    let viewers = 0;
    const { url } = await httpServer((_request, response) => {
      viewers += 1;
      response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=b' });
      const timer = setInterval(() => response.write(jpeg('stream')), 30);
      response.on('close', () => clearInterval(timer));
    });
    const config = { source: 'http', mode: 'stream', url, trigger: 'message', timeout: 60 };
    const { camera, messages } = await deploy(config);
    camera.receive({});
    await until(() => messages.length === 1, 'a picture');
    await helper
      .request()
      .post('/camera-in/test')
      .send({ id: 'camera', ...config })
      .expect(200);
    assert.equal(viewers, 1);
  });

  it('a stored password goes to the host it was stored for only', async () => {
    const seen: string[] = [];
    const cam = await httpServer((request, response) => {
      seen.push(`${request.headers.host} ${request.headers.authorization}`);
      if (request.headers.authorization) return response.end(jpeg());
      response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
    });
    const config = { id: 'camera', source: 'http', url: `${cam.url}/a`, trigger: 'message' };
    await deploy(config, { user: 'admin', password: 's3cret' });
    const dialog = { ...config, user: 'admin', password: '__PWRD__' };
    await helper
      .request()
      .post('/camera-in/test')
      .send({ ...dialog, url: `${cam.url}/b` })
      .expect(200);
    await helper
      .request()
      .post('/camera-in/test')
      .send({ ...dialog, url: `http://localhost:${cam.port}/` });
    const secret = Buffer.from('admin:s3cret').toString('base64');
    assert.ok(seen.some((line) => line.startsWith('127.0.0.1') && line.endsWith(secret)));
    assert.ok(!seen.some((line) => line.startsWith('localhost') && line.endsWith(secret)), seen.join('\n'));
  });

  it('a password stored for TLS does not go over the same host in the open', async () => {
    const seen: string[] = [];
    const cam = await httpServer((request, response) => {
      seen.push(String(request.headers.authorization));
      response.writeHead(401, { 'www-authenticate': 'Basic realm="cam"' }).end();
    });
    const config = { id: 'camera', source: 'http', url: cam.url.replace('http:', 'https:'), trigger: 'message' };
    await deploy(config, { user: 'admin', password: 's3cret' });
    const dialog = { ...config, user: 'admin', password: '__PWRD__', url: cam.url };
    await helper.request().post('/camera-in/test').send(dialog).expect(400);
    assert.ok(seen.length > 0);
    const sent = seen.map((header) => Buffer.from(header.replace('Basic ', ''), 'base64').toString());
    assert.ok(!sent.some((text) => text.includes('s3cret')), sent.join());
  });

  it('a form of another page does not make it fetch anything', async () => {
    let requests = 0;
    const { url } = await httpServer((_request, response) => {
      requests += 1;
      response.end(jpeg());
    });
    await deploy({ source: 'folder', path: '/x', trigger: 'message' });
    await helper
      .request()
      .post('/camera-in/test')
      .set('origin', 'http://evil.example')
      .type('form')
      .send({ source: 'http', url })
      .expect(403);
    assert.equal(requests, 0);
  });

  it('lists cameras', async () => {
    await deploy({ source: 'folder', path: '/x', trigger: 'message' });
    const answer = await helper.request().get('/camera-in/cameras').expect(200);
    assert.ok(Array.isArray(answer.body));
  });

  it('asks for permission before it shows or lists anything', () => {
    const asked: Array<[string, string]> = [];
    const admin = {
      get: (path: string, permission: string) => asked.push([path, permission]),
      post: (path: string, permission: string, guard: unknown) => {
        assert.equal(guard, ownPageOnly);
        asked.push([path, permission]);
      },
    };
    const runtime = {
      nodes: { registerType: () => undefined },
      httpAdmin: admin,
      auth: { needsPermission: (permission: string) => permission },
    };
    cameraIn(runtime as never);
    assert.deepEqual(asked, [
      ['/edge-inspect/metrics', 'edge-inspect.read'],
      ['/camera-in/cameras', 'camera-in.read'],
      ['/camera-in/controls', 'camera-in.read'],
      ['/camera-in/exposure', 'camera-in.write'],
      ['/camera-in/test', 'camera-in.write'],
    ]);
  });

  it('simulates a line, with the truth beside each picture', async () => {
    const { messages } = await deploy({ source: 'simulator', seed: '7', defectRate: '1', fps: 20 });
    await until(() => messages.length >= 2, 'two parts');
    const { frame } = messages[0] as unknown as { frame: { truth: unknown[]; width: number; source: string } };
    assert.deepEqual([frame.width, frame.source], [640, 'simulator']);
    assert.ok(frame.truth.length > 0);
  });
});
