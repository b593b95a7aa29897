import { setPriority } from 'node:os';
import { InspectionError, messageOf } from '../contract/errors';
import { discard } from '../kit/own-memory';
import { CHANNEL_FD, Channel } from './channel';
import { Inference } from './inference';
import { OPERATIONS, type AnyOperation } from './operations';
import type { FromProcess, RequestMessage, ToProcess } from './protocol';

/**
 * The program of a detector process. Its life hangs on the channel alone: when the parent is gone, however it went, the
 * channel closes and the process ends itself.
 */

/** At once and without clean-up: there is nothing to save, and a run in native code would hold up an orderly exit. */
function endNow(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** The last words go to stderr, where the parent keeps them for its error. */
function die(error: unknown): never {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
}

type OpenMessage = Extract<ToProcess, { type: 'open' }>;

async function open(channel: Channel<FromProcess, ToProcess>, message: OpenMessage): Promise<Inference | undefined> {
  // Linux sets the niceness of the calling thread; threads made later, the runtime's among them, inherit it
  if (message.nice > 0) setPriority(message.nice);
  try {
    const inference = await Inference.open(message, die);
    channel.send({ type: 'ready', model: inference.model });
    return inference;
  } catch (error) {
    const code = error instanceof InspectionError ? error.code : 'MODEL_INVALID';
    channel.send({ type: 'failed', code, message: messageOf(error) });
    return undefined;
  }
}

async function answer(
  channel: Channel<FromProcess, ToProcess>,
  { id, operation, args }: RequestMessage,
  payload: Buffer,
  inference: Inference,
): Promise<void> {
  try {
    // the parent's types see to it that the arguments are this operation's
    const perform: AnyOperation = OPERATIONS[operation];
    const { value, bytes } = await perform(args as never, payload, inference, () => channel.send({ type: 'progress' }));
    channel.send({ type: 'result', id, value }, bytes);
  } catch (error) {
    const code = error instanceof InspectionError ? error.code : 'DETECTOR_FAILED';
    channel.send({ type: 'error', id, code, message: messageOf(error) });
  }
  discard([payload]);
}

function main(): void {
  // Ctrl-C and a service manager signal the whole group; whether to end is the parent's decision
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  let opened: Promise<Inference | undefined> = Promise.resolve(undefined);
  const channel = Channel.ofDescriptor<FromProcess, ToProcess>(CHANNEL_FD)
    .onMessage((message, payload) => {
      if (message.type === 'ping') channel.send({ type: 'pong' });
      else if (message.type === 'open') opened = open(channel, message);
      else void opened.then((inference) => inference && answer(channel, message, payload, inference));
    })
    .onClose(endNow);
}

main();
