import { expected } from '../../contract/errors';

/** A value that changes over time: of the minute since the start. */
export type Profile = (minute: number) => number;

/**
 * Reads `45` (all the time) or `0:55,60:35` (55 from minute 0, 35 from minute 60): steps, as doors and shifts make them.
 *
 * @throws InspectionError BAD_ARGUMENT with one sentence
 */
export function parseProfile(text: string, name: string, min: number, max: number): Profile {
  const wanted = `a number between ${min} and ${max}, or minute:value pairs such as 0:${max},60:${min}`;
  const points = text.split(',').map((part) => {
    const pair = part.split(':').map((word) => (word.trim() === '' ? NaN : Number(word)));
    const [minute, value] = pair.length === 1 ? [0, pair[0]] : pair;
    const usable = pair.length <= 2 && minute !== undefined && value !== undefined && minute >= 0;
    if (!usable || !(value >= min && value <= max)) throw expected(wanted, name, text);
    return { minute, value };
  });
  const inOrder = points.every((point, i) => i === 0 || point.minute > (points[i - 1]?.minute ?? 0));
  if (points[0]?.minute !== 0 || !inOrder) throw expected(wanted, name, text);
  return (minute) => {
    let value = points[0]?.value ?? NaN;
    for (const point of points) if (point.minute <= minute) value = point.value;
    return value;
  };
}
