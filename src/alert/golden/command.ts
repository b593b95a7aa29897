import { expected } from '../../contract/errors';
import { numberBetween } from '../../contract/validate';
import { plainText, stationTopic } from '../judge/names';
import type { GoldenSample } from './samples';

/** What a message about golden samples asks for. `camera` null: whichever camera shows the next part. */
export type GoldenCommand =
  | { kind: 'announce'; sample: string; camera: string | null; expiryMs: number | undefined }
  | { kind: 'cancel'; camera: string | null }
  | { kind: 'ask' };

const KEYS = ['sample', 'camera', 'expiryMinutes', 'cancel'];
const MS_PER_MINUTE = 60_000;
/** A longer wait is no wait for the next part any more. */
export const MAX_EXPIRY_MINUTES = 1440;

/** Whether a message's topic makes it a command: `golden`, or the station's own `inspection/<station>/golden/set`. */
export function isGoldenTopic(topic: unknown, station: string): boolean {
  return topic === 'golden' || topic === `${stationTopic(station, 'golden')}/set`;
}

function readObject(payload: unknown): Record<string, unknown> {
  let value = payload;
  if (typeof payload === 'string') {
    if (!payload.trim().startsWith('{')) return { sample: payload };
    try {
      value = JSON.parse(payload);
    } catch {
      // stays the text, and is refused as such
    }
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) {
    return value as Record<string, unknown>;
  }
  throw expected("a golden sample's name, or { sample, camera, expiryMinutes },", 'msg.payload', payload);
}

function readCamera(camera: unknown): string | null {
  if (camera === undefined || camera === null || camera === '') return null;
  if (typeof camera === 'string' && plainText(camera, 128) !== '') return plainText(camera, 128);
  throw expected("a camera's name", 'msg.payload.camera', camera);
}

/**
 * Reads the payload of a command: a sample's name, an object, or either as JSON text. An empty object asks how things
 * stand.
 *
 * @throws InspectionError BAD_ARGUMENT; an unknown sample is named together with those that there are
 */
export function readCommand(payload: unknown, samples: readonly GoldenSample[]): GoldenCommand {
  const given = readObject(payload);
  for (const key of Object.keys(given)) {
    if (!KEYS.includes(key)) throw expected(`one of ${KEYS.join(', ')}`, 'a key of msg.payload', key);
  }
  if (Object.keys(given).length === 0) return { kind: 'ask' };
  const camera = readCamera(given.camera);
  if (given.cancel === true) return { kind: 'cancel', camera };
  const { sample, expiryMinutes } = given;
  const known = samples.find(({ name }) => typeof sample === 'string' && name === plainText(sample));
  if (known === undefined) {
    const names = samples.slice(0, 10).map(({ name }) => name);
    const what = names.length === 0 ? 'a golden sample to be in the list of the dialog' : `one of ${names.join(', ')}`;
    throw expected(`${what}${samples.length > names.length ? ', …' : ''}`, 'the golden sample', sample);
  }
  const minutes =
    expiryMinutes === undefined
      ? undefined
      : numberBetween(expiryMinutes, 'msg.payload.expiryMinutes', 0.01, MAX_EXPIRY_MINUTES);
  return { kind: 'announce', sample: known.name, camera, expiryMs: minutes && minutes * MS_PER_MINUTE };
}
