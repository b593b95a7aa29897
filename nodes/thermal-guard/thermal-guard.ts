import type { Node, NodeAPI, NodeDef } from 'node-red';
import { messageOf } from '../../src/contract/errors';
import { cameraOf } from '../../src/contract/frame';
import type { GuardState, ThermalCondition } from '../../src/contract/thermal';
import { stateMessage, type StateEvent } from '../../src/station/state-message';
import { GOVERNOR_DEFAULTS, pacedOptions, temperatureLimits } from '../../src/thermal/governor-options';
import { ThermalGuard } from '../../src/thermal/guard';
import { BoardSensor, sensorOf } from '../../src/thermal/sensors/board';
import { integerBetween, numberBetween } from '../../src/contract/validate';
import { onClose, onInput, showError, statusText, type Send } from '../shared/adapter';
import { joinStation } from '../shared/station';
import { modelNodeOf } from '../inspection-model/inspection-model-node';
import { markNotInspected, type InspectionMessage } from '../shared/messages';

interface ThermalGuardDef extends NodeDef {
  soft: number | string;
  hard: number | string;
  sensor?: string;
  /** Id of the inspection-model whose threads are reduced; empty: all. */
  model?: string;
  /** Seconds between two state messages; 0: only when something changes. */
  interval?: number | string;
  /** Thermal time constant of the board with its cooling, seconds. */
  reaction?: number | string;
}

interface GuardMessage extends InspectionMessage {
  soft?: unknown;
  hard?: unknown;
}

const DEFAULT_INTERVAL_S = 10;
/** Seconds; shorter than any board with its cooling, longer than a cabinet takes. */
const REACTION_S = { min: 5, max: 3600 };

/** Badge per state; states not listed hold something back. */
const BADGES: Record<string, { fill: 'green' | 'yellow' | 'red' | 'grey'; shape: 'dot' | 'ring' }> = {
  full: { fill: 'green', shape: 'dot' },
  paused: { fill: 'red', shape: 'dot' },
  unknown: { fill: 'grey', shape: 'ring' },
  'sensor lost': { fill: 'red', shape: 'ring' },
};

export = function (RED: NodeAPI) {
  const { monitor, scheduler, threads } = joinStation(RED);
  function badge({ state, tempC }: ThermalCondition) {
    const word = RED._(`thermal-guard.status.${state.replace(' ', '-')}`);
    const text = tempC === null ? word : `${tempC.toFixed(1)} °C ${word}`;
    return { ...(BADGES[state] ?? { fill: 'yellow', shape: 'dot' }), text: statusText(text) } as const;
  }

  /** Lets a frame pass, or marks it 'too hot'; other messages only learn how the board does. */
  function pass(message: GuardMessage): void {
    const isFrame = message.frame !== undefined || Buffer.isBuffer(message.payload);
    const condition = scheduler.condition ?? null;
    message.thermal = condition;
    if (!isFrame || message.notInspected) return;
    const camera = message.frame ? cameraOf(message.frame) : String(message.topic || 'message');
    const admission = scheduler.admit({ camera, kind: 'primary' });
    // asked once: a detector further down the flow sees that this frame has its place
    message.thermal = { ...condition, admitted: admission.admitted };
    if (!admission.admitted) markNotInspected(message, admission.reason, admission.detail);
  }

  function run(node: Node, guard: ThermalGuard, intervalS: number): void {
    const topic = `thermal-guard/${node.name || node.id}`;
    const tell = (event: StateEvent) =>
      node.send([null, { topic, payload: stateMessage(event, guard.state, monitor, Date.now()) }]);
    let shown = '';
    const show = () => {
      const status = badge(guard.state.condition);
      if (shown !== status.text) node.status(status);
      shown = status.text;
    };
    guard.on('step', (state: GuardState) => {
      if (state.condition.reason) node.log(state.condition.reason);
      tell('step');
    });
    guard.on('problem', (sentence) => node.warn(sentence));
    const onThreads = (error: Error) => node.error(error.message);
    threads.on('problem', onThreads);
    monitor.guards.set(node.id, () => guard.state);
    const timers = [setInterval(show, 1000)];
    if (intervalS > 0) timers.push(setInterval(() => tell('state'), intervalS * 1000));
    guard.start();
    onClose(node, async () => {
      timers.forEach(clearInterval);
      threads.off('problem', onThreads);
      monitor.guards.delete(node.id);
      await guard.stop();
    });
  }

  function ThermalGuardNode(this: Node, config: ThermalGuardDef) {
    RED.nodes.createNode(this, config);
    let guard: ThermalGuard;
    try {
      const { softC, hardC } = temperatureLimits(config.soft || undefined, config.hard || undefined);
      const intervalS = integerBetween(config.interval ?? DEFAULT_INTERVAL_S, 'interval (s)', 0, 3600);
      const reactionS = numberBetween(
        config.reaction || GOVERNOR_DEFAULTS.leadS,
        'reaction (s)',
        REACTION_S.min,
        REACTION_S.max,
      );
      guard = new ThermalGuard(
        { owner: this.id, governor: { ...pacedOptions(reactionS), softC, hardC } },
        {
          sensor: new BoardSensor({ sensor: sensorOf(config.sensor) }),
          scheduler,
          threads,
          only: modelNodeOf((id) => RED.nodes.getNode(id), config.model)?.detector,
        },
      );
      run(this, guard, intervalS);
    } catch (error) {
      showError(this, error);
      this.error(messageOf(error));
      // a guard that cannot guard is no reason to stop the line
      onInput(this, (message, send) => {
        send([message, null]);
        throw error;
      });
      return;
    }
    onInput<GuardMessage>(this, (message, send: Send) => {
      try {
        if (message.soft !== undefined || message.hard !== undefined) {
          guard.setLimits(temperatureLimits(message.soft ?? guard.limits.softC, message.hard ?? guard.limits.hardC));
        }
      } finally {
        pass(message);
        send([message, null]);
      }
    });
  }

  RED.nodes.registerType('thermal-guard', ThermalGuardNode);
};
