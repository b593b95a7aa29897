import type { NodeAPI, NodeDef, Node, NodeMessageInFlow } from 'node-red';
import { messageOf } from '../../src/contract/errors';
import { Camera, type CameraAnswer, type CameraStatus } from '../../src/camera/camera';
import type { Credentials } from '../../src/camera/http/camera-url';
import { listCameras } from '../../src/camera/list';
import { migrate } from '../../src/camera/migrate';
import { planCamera } from '../../src/camera/table';
import { takeTestPicture, type Deployed } from '../../src/camera/test-picture';
import { onClose, onInput, showError, statusText } from '../shared/adapter';
import { joinStation } from '../shared/station';

type CameraNode = Node<Credentials>;
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

/** Longest time between a change and its showing, ms: the editor is not flooded at 30 pictures a second. */
const STATUS_EVERY_MS = 500;

export = function (RED: NodeAPI) {
  const { ledger, monitor, scheduler } = joinStation(RED);
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
    return statusText(`${state} ${counts}`);
  }

  /** Shows the newest status, at most every STATUS_EVERY_MS. */
  function statusOf(node: Node): { show(status: CameraStatus): void; stop(): void } {
    let timer: NodeJS.Timeout | undefined;
    let newest: CameraStatus | undefined;
    function paint(): void {
      timer = undefined;
      if (newest) node.status({ ...BADGES[badgeOf(newest)], text: text(newest) });
    }
    return {
      show(status) {
        newest = status;
        timer ??= setTimeout(paint, STATUS_EVERY_MS);
      },
      stop: () => clearTimeout(timer),
    };
  }

  function run(node: CameraNode, camera: Camera): void {
    const status = statusOf(node);
    camera.on('status', (now) => status.show(now));
    camera.on('answer', (answer) => {
      const message = fill({ _msgid: RED.util.generateId() }, answer);
      node.send(message);
      if (answer.error) node.error(answer.error.message, message);
    });
    camera.on('problem', (error) => node.error(error.message, { topic: camera.name }));
    onInput<CameraMessage>(node, async (message, send) => {
      const answer = await camera.trigger();
      send(fill(message, answer));
      if (answer.error) throw answer.error;
    });
    onClose(node, async () => {
      deployed.delete(node.id);
      status.stop();
      monitor.cameras.delete(node.id);
      await camera.stop();
    });
    monitor.cameras.set(node.id, { name: camera.name, counters: () => ({ ...camera.status.counters }) });
    camera.start();
  }

  /** A camera that cannot be used as configured still answers every trigger. */
  function refuse(node: CameraNode, error: unknown): void {
    showError(node, error);
    node.error(messageOf(error), { topic: node.name });
    let seq = 0;
    onInput<CameraMessage>(node, (message, send) => {
      const frame = {
        id: RED.util.generateId(),
        seq: seq++,
        source: node.name || node.type,
        capturedAt: new Date().toISOString(),
        width: 0,
        height: 0,
        format: 'unknown' as const,
      };
      const notInspected = { reason: 'camera lost' as const, detail: messageOf(error) };
      send(fill(message, { frame, bytes: Buffer.alloc(0), notInspected }));
      throw error;
    });
  }

  function CameraIn(this: CameraNode, config: NodeDef) {
    RED.nodes.createNode(this, config);
    try {
      const raw = migrate(config as unknown as Record<string, unknown>);
      const credentials = this.credentials ?? {};
      const camera = new Camera(planCamera(raw, credentials), { id: this.id, flights: ledger, scheduler });
      deployed.set(this.id, { camera, raw, credentials });
      run(this, camera);
    } catch (error) {
      refuse(this, error);
    }
  }

  RED.nodes.registerType('camera-in', CameraIn as never, {
    credentials: { user: { type: 'text' }, password: { type: 'password' } },
  });

  RED.httpAdmin.get('/camera-in/cameras', RED.auth.needsPermission('camera-in.read'), (_request, response) => {
    void listCameras().then((cameras) => response.json(cameras));
  });

  RED.httpAdmin.post('/camera-in/test', RED.auth.needsPermission('camera-in.write'), (request, response) => {
    const raw = (request.body ?? {}) as Record<string, unknown>;
    takeTestPicture(raw, deployed.get(String(raw.id))).then(
      (picture) => response.json(picture),
      (error: unknown) => response.status(400).json({ error: messageOf(error) }),
    );
  });
};
