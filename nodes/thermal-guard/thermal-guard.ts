import type { NodeAPI } from 'node-red';
import { cameraOf } from '../../src/contract/frame';
import type { GuardState, ThermalCondition } from '../../src/contract/thermal';
import type { Scheduler } from '../../src/station/scheduler';
import { stateMessage, type StateEvent } from '../../src/station/state-message';
import { pacedOptions, temperatureLimits } from '../../src/thermal/governor-options';
import { ThermalGuard } from '../../src/thermal/guard';
import { BoardSensor } from '../../src/thermal/sensors/board';
import { modelNodeOf } from '../inspection-model/inspection-model-node';
import { defineNode, type NodeContext } from '../shared/define-node';
import { markNotInspected, sourceOf, type InspectionMessage } from '../shared/messages';
import type { Badge } from '../shared/status-badge';
import { THERMAL_GUARD } from './properties';

interface GuardMessage extends InspectionMessage {
  soft?: unknown;
  hard?: unknown;
}

type Context = NodeContext<typeof THERMAL_GUARD.table>;

/** Badge per state; states not listed hold something back. */
const BADGES: Record<string, Badge> = {
  full: { fill: 'green', shape: 'dot' },
  paused: { fill: 'red', shape: 'dot' },
  unknown: { fill: 'grey', shape: 'ring' },
  'sensor lost': { fill: 'red', shape: 'ring' },
};

/** Lets a frame pass, or marks it 'too hot'; other messages only learn how the board does. */
function pass(message: GuardMessage, scheduler: Scheduler): void {
  const isFrame = message.frame !== undefined || Buffer.isBuffer(message.payload);
  const condition = scheduler.condition ?? null;
  message.thermal = condition;
  if (!isFrame || message.notInspected) return;
  const camera = message.frame ? cameraOf(message.frame) : sourceOf(message);
  const admission = scheduler.admit({ camera, kind: 'primary' });
  // asked once: a detector further down the flow sees that this frame has its place
  message.thermal = { ...condition, admitted: admission.admitted };
  if (!admission.admitted) markNotInspected(message, admission.reason, admission.detail);
}

/** Starts the guard, and tells what it does by status, output and log. */
function run({ node, config, station, show, word, fail, onClose }: Context, guard: ThermalGuard): void {
  const { monitor, threads } = station;
  const topic = `thermal-guard/${node.name || node.id}`;
  const tell = (event: StateEvent) =>
    node.send([null, { topic, payload: stateMessage(event, guard.state, monitor, Date.now()) }]);
  const showCondition = ({ state, tempC }: ThermalCondition) => {
    const text = word(state.replace(' ', '-'));
    show({
      ...(BADGES[state] ?? { fill: 'yellow', shape: 'dot' }),
      text: tempC === null ? text : `${tempC.toFixed(1)} °C ${text}`,
    });
  };
  guard.on('step', (state: GuardState) => {
    if (state.condition.reason) node.log(state.condition.reason);
    tell('step');
  });
  guard.on('problem', (sentence) => node.warn(sentence));
  threads.on('problem', fail);
  monitor.guards.set(node.id, () => guard.state);
  const timers = [setInterval(() => showCondition(guard.state.condition), 1000)];
  if (config.interval > 0) timers.push(setInterval(() => tell('state'), config.interval * 1000));
  guard.start();
  onClose(async () => {
    timers.forEach(clearInterval);
    threads.off('problem', fail);
    monitor.guards.delete(node.id);
    await guard.stop();
  });
}

export = function (RED: NodeAPI) {
  defineNode<typeof THERMAL_GUARD.table, GuardMessage>(RED, {
    properties: THERMAL_GUARD,

    // a guard that cannot guard is no reason to stop the line
    refuse: (message, send) => send([message, null]),

    start(context) {
      const { node, config, station } = context;
      const { scheduler, threads } = station;
      const governor = { ...pacedOptions(config.reaction), softC: config.soft, hardC: config.hard };
      const guard = new ThermalGuard(
        { owner: node.id, governor },
        {
          sensor: new BoardSensor({ sensor: config.sensor }),
          scheduler,
          threads,
          only: modelNodeOf((id) => RED.nodes.getNode(id), config.model)?.detector,
        },
      );
      run(context, guard);
      return function handle(message, send) {
        try {
          if (message.soft !== undefined || message.hard !== undefined) {
            guard.setLimits(temperatureLimits(message.soft ?? guard.limits.softC, message.hard ?? guard.limits.hardC));
          }
        } finally {
          pass(message, scheduler);
          send([message, null]);
        }
      };
    },
  });
};
