import { randomUUID } from 'node:crypto';
import type { NotInspected } from '../../contract/verdict';
import { asDetections } from '../../contract/check-detections';
import { expected, InspectionError } from '../../contract/errors';
import type { FrameInfo } from '../../contract/frame';
import type { LinePart, ShadowController } from './controller';
import { COMMANDS, type ShadowCommand } from './phases';
import type { RoutedDetector } from '../../detector/routed-detector';

/** What a message may carry, as far as a shadow looks at it. */
export interface LineMessage {
  topic?: unknown;
  payload?: unknown;
  image?: unknown;
  frame?: Partial<FrameInfo>;
  notInspected?: NotInspected;
  inference?: {
    image?: { width: number; height: number };
    thresholds?: { confidence?: number };
    latencyMs?: { total?: number };
  };
}

/** Topics that ask for something; `candidate` begins anew with the model that the payload names. */
export const TOPICS = [...COMMANDS, 'status', 'candidate'] as const;
export type Topic = (typeof TOPICS)[number];

/** How long the line may take to answer a frame that came by another wire, ms. */
const ANSWER_MS = 15_000;

function carriesFrame({ payload, image, notInspected }: LineMessage): boolean {
  return notInspected !== undefined || Buffer.isBuffer(image) || Buffer.isBuffer(payload) || Array.isArray(payload);
}

/** The command that a message gives; undefined: it carries a frame. @throws InspectionError when it is neither */
export function topicOf(message: LineMessage): Topic | undefined {
  if (carriesFrame(message)) return undefined;
  const topic = TOPICS.find((word) => word === message.topic);
  if (topic !== undefined) return topic;
  throw expected(`one of ${TOPICS.join(', ')}, or a message with a frame,`, 'msg.topic', message.topic);
}

export function isCommand(topic: Topic): topic is ShadowCommand {
  return (COMMANDS as readonly string[]).includes(topic);
}

/**
 * Reads a part from a message: behind the detector (payload: detections, image: the picture), or before it (payload: the
 * picture), and then the line's answer is waited for.
 *
 * @throws InspectionError BAD_ARGUMENT for a message that is no part, DETECTOR_TIMEOUT when the line has no answer
 */
export async function partOf(
  message: LineMessage,
  line: RoutedDetector,
  controller: Pick<ShadowController, 'answererOf'>,
): Promise<LinePart> {
  if (message.notInspected !== undefined) return { verdict: 'NOT_INSPECTED', latencyMs: undefined, frame: undefined };
  if (Buffer.isBuffer(message.payload)) return rawPart(message, message.payload, line, controller);
  const { payload, image, frame = {}, inference } = message;
  const detections = asDetections(payload, 'msg.payload');
  if (!Buffer.isBuffer(image)) throw expected('a Buffer with the picture', 'msg.image', image);
  const id = frame.id ?? randomUUID();
  // what the model said, where it is known: the flow may have left out or merged some of it by rules of its own, and the
  // candidate's answer has not been through these
  const given = line.answerGiven(id);
  const answer = given?.outcome.inspected === true ? given.outcome : undefined;
  return {
    verdict: detections.length > 0 ? 'FAIL' : 'PASS',
    latencyMs: inference?.latencyMs?.total,
    frame: {
      image,
      frame,
      id,
      detections: answer?.detections ?? detections,
      size: answer?.image ?? inference?.image,
      confidence: answer ? given?.confidence : inference?.thresholds?.confidence,
      ...(given?.tiling && { tiling: given.tiling, runs: answer?.tiles?.count }),
      answeredBy: controller.answererOf(id),
    },
  };
}

async function rawPart(
  { frame }: LineMessage,
  image: Buffer,
  line: RoutedDetector,
  controller: Pick<ShadowController, 'answererOf'>,
): Promise<LinePart> {
  const id = frame?.id;
  if (id === undefined) {
    throw expected('detections with their picture, or a picture with msg.frame,', 'the message', 'a picture alone');
  }
  const answer = await line.answerOf(id, ANSWER_MS);
  if (answer === undefined) {
    const seconds = ANSWER_MS / 1000;
    throw new InspectionError('DETECTOR_TIMEOUT', `The line did not answer frame ${id} within ${seconds} s`);
  }
  const { outcome, confidence, tiling } = answer;
  if (!outcome.inspected) return { verdict: 'NOT_INSPECTED', latencyMs: undefined, frame: undefined };
  const { detections, image: size, latencyMs } = outcome;
  const verdict = detections.length > 0 ? 'FAIL' : 'PASS';
  const answeredBy = controller.answererOf(id);
  const seen = {
    image,
    frame: frame ?? {},
    id,
    detections,
    size,
    confidence,
    answeredBy,
    ...(tiling && { tiling, runs: outcome.tiles?.count }),
  };
  return { verdict, latencyMs: latencyMs.total, frame: seen };
}
