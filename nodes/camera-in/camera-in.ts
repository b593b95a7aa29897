import type { NodeAPI, Node, NodeMessageInFlow } from 'node-red';
import { messageOf } from '../../src/contract/errors';
import { Camera, type CameraAnswer, type CameraStatus } from '../../src/camera/camera';
import type { Credentials } from '../../src/camera/http/camera-url';
import { listCameras } from '../../src/camera/list';
import { controlsForDialog, measureForDialog } from '../../src/camera/measure';
import { planCamera } from '../../src/camera/table';
import { AS_SHOWN, takeTestPicture, type Deployed } from '../../src/camera/test-picture';
import { defineNode, type NodeContext } from '../shared/define-node';
import { ownPageOnly } from '../shared/own-page';
import { readProperties } from '../shared/properties';
import { joinStation, saveBooks } from '../shared/station';
import { CAMERA_IN } from './properties';

type CameraNode = Node<Credentials>;
type Context = NodeContext<typeof CAMERA_IN.table, CameraNode>;
type CameraMessage = NodeMessageInFlow & { frame?: unknown; notInspected?: unknown };

/** Badge per state; being held back by the station's budget goes before all of them. */
const BADGES = {
  connecting: { fill: 'yellow', shape: 'ring' },
  live: { fill: 'green', shape: 'dot' },
  waiting: { fill: 'green', shape: 'ring' },
  lost: { fill: 'red', shape: 'ring' },
  stopped: { fill: 'grey', shape: 'ring' },
  paused: { fill: 'yellow', shape: 'dot' },
  slowed: { fill: 'yellow', shape: 'dot' },
} as const;

/** A trigger that came while the flow was started anew: its part is gone. */
const TOO_LATE = 'The camera was being started anew when it was triggered';

export = function (RED: NodeAPI) {
  /** Cameras at work, for the test in the dialog: a device can be opened once only. */
  const deployed = new Map<string, Deployed>();

  /** Writes what a camera answered into a message: a new one, or the trigger itself. */
  function fill(message: CameraMessage, answer: CameraAnswer): CameraMessage {
    message.payload = answer.bytes;
    message.frame = answer.frame;
    message.topic = answer.frame.source;
    if (answer.notInspected) message.notInspected = answer.notInspected;
    else delete message.notInspected;
    return message;
  }

  function badgeOf(status: CameraStatus): keyof typeof BADGES {
    return status.state === 'lost' ? 'lost' : (status.held ?? status.state);
  }

  function text(status: CameraStatus): string {
    const { sent, dropped, failed, tooHot } = status.counters;
    const state = RED._(`camera-in.status.${badgeOf(status)}`);
    const lost = dropped + failed + tooHot;
    const counts =
      lost > 0 ? `${sent}, ${RED._('camera-in.status.lost-count', { count: String(lost) })}` : String(sent);
    return `${state} ${counts}`;
  }

  function run({ node, station, show, fail, onClose, send }: Context, camera: Camera): void {
    camera.on('status', (now) => show({ ...BADGES[badgeOf(now)], text: text(now) }));
    camera.on('answer', (answer) => {
      station.books.offer(answer.frame.id, { id: node.id, name: camera.name }, answer.notInspected?.count);
      const message = fill({ _msgid: RED.util.generateId() }, answer);
      send(message);
      if (answer.error) fail(answer.error, message);
    });
    camera.on('problem', (error) => fail(error, { topic: camera.name }));
    station.monitor.cameras.set(node.id, { name: camera.name, counters: () => ({ ...camera.status.counters }) });
    onClose(async () => {
      deployed.delete(node.id);
      station.monitor.cameras.delete(node.id);
      await camera.stop();
      station.sequences.goOn(node.id, camera.nextSeq);
      await saveBooks();
    });
    camera.start();
  }

  defineNode<typeof CAMERA_IN.table, CameraMessage, CameraNode>(RED, {
    properties: CAMERA_IN,
    // a picture that its successor takes would be one of another part
    answersWhileClosing: true,
    credentials: { user: { type: 'text' }, password: { type: 'password' } },

    // a camera that cannot be used as configured still answers every trigger
    refuse(message, send, error, node) {
      const frame = {
        id: RED.util.generateId(),
        seq: joinStation(RED).sequences.next(node.id),
        source: node.name || node.type,
        sourceId: node.id,
        capturedAt: new Date().toISOString(),
        width: 0,
        height: 0,
        format: 'unknown' as const,
      };
      const notInspected = { reason: 'camera lost' as const, detail: messageOf(error) };
      send(fill(message, { frame, bytes: Buffer.alloc(0), notInspected }));
    },

    start(context) {
      const { node, config, station } = context;
      const credentials = node.credentials ?? {};
      const raw = { ...config, name: node.name };
      const camera = new Camera(planCamera(raw, credentials), {
        id: node.id,
        firstSeq: station.sequences.peek(node.id),
        flights: station.ledger,
        scheduler: station.scheduler,
      });
      deployed.set(node.id, { camera, raw, credentials });
      run(context, camera);
      return async function handle(message, send) {
        const isLate = context.isLate(message);
        const answer = isLate ? camera.decline('stopped', TOO_LATE) : await camera.trigger();
        station.books.offer(answer.frame.id, { id: node.id, name: camera.name });
        send(fill(message, answer));
        if (answer.error) throw answer.error;
      };
    },
  });

  /** Answers a dialog with a result, or with the one sentence that it shows. */
  function tell(
    response: { json(body: unknown): unknown; status(code: number): typeof response },
    work: Promise<unknown>,
  ) {
    work.then(
      (result) => response.json(result),
      (error: unknown) => response.status(400).json({ error: messageOf(error) }),
    );
  }

  const mayWrite = RED.auth.needsPermission('camera-in.write');

  RED.httpAdmin.get('/camera-in/cameras', RED.auth.needsPermission('camera-in.read'), (_request, response) => {
    tell(response, listCameras());
  });

  RED.httpAdmin.get('/camera-in/controls', RED.auth.needsPermission('camera-in.read'), (request, response) => {
    tell(response, controlsForDialog(request.query.device));
  });

  RED.httpAdmin.post('/camera-in/exposure', mayWrite, ownPageOnly, (request, response) => {
    tell(response, measureForDialog((request.body ?? {}) as Record<string, unknown>, deployed.values()));
  });

  RED.httpAdmin.post('/camera-in/test', mayWrite, ownPageOnly, (request, response) => {
    const { id, user, password, ...dialog } = (request.body ?? {}) as Record<string, unknown>;
    const take = async () => {
      const config = readProperties(CAMERA_IN, { ...dialog, ...AS_SHOWN });
      return takeTestPicture({ ...config, user, password }, deployed.get(String(id)));
    };
    tell(response, take());
  });
};
