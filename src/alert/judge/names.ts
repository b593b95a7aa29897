import { expected } from '../../contract/errors';
import { utf8Length } from '../../kit/utf8-length';

/**
 * Names that come from people, models and cameras end up in MQTT topics, file names, tables and web pages.
 * What the user configures is refused when it does not fit; what arrives with a frame is made harmless instead,
 * because a strange class name must never cost an alert.
 */

/** Longest station name, in characters: leaves room in topics, Home Assistant ids and status badges. */
const STATION_MAX_CHARS = 64;
/** Letters and digits of any script, spaces, dot, underscore, dash; begins with a letter or digit, so never `..`. */
const STATION_PATTERN = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]*$/u;

/** Longest topic, in bytes of UTF-8. MQTT allows 65,535; brokers and bridges often far less. */
const TOPIC_MAX_BYTES = 256;
/** Wildcards, control characters and lone surrogates may not be in the topic of a publish (MQTT 3.1.1, 4.7 and 1.5.3). */
// eslint-disable-next-line no-control-regex
const TOPIC_FORBIDDEN = /[+#\u0000-\u001f\u007f-\u009f\ud800-\udfff\ufffe\uffff]/u;

/** Longest label or id that is passed on, in characters. */
const TEXT_MAX_CHARS = 64;
// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]+/g;

/** Reads a station name: one level of a topic, and part of ids in other systems. */
export function stationName(value: unknown, name = 'station'): string {
  if (typeof value === 'string') {
    const trimmed = value.trim();
    if (trimmed.length <= STATION_MAX_CHARS && STATION_PATTERN.test(trimmed)) return trimmed;
  }
  throw expected(
    `a name of 1 to ${STATION_MAX_CHARS} letters, digits, spaces, dots, dashes or underscores that begins with a letter or digit`,
    name,
    value,
  );
}

/** Reads a topic to publish on: no wildcards, no control characters, no empty level, not in the broker's own `$` tree. */
export function publishTopic(value: unknown, name = 'topic'): string {
  if (
    typeof value === 'string' &&
    value !== '' &&
    utf8Length(value) <= TOPIC_MAX_BYTES &&
    !TOPIC_FORBIDDEN.test(value) &&
    !value.startsWith('$') &&
    value.split('/').every((level) => level.trim() !== '')
  ) {
    return value;
  }
  throw expected(`an MQTT topic of at most ${TOPIC_MAX_BYTES} bytes without + # or control characters`, name, value);
}

/** Reads a Sparkplug group id: any text but `+ / #` and control characters, at most 64 characters. */
export function sparkplugGroup(value: unknown): string {
  // eslint-disable-next-line no-control-regex
  if (typeof value === 'string' && /^[^+/#\u0000-\u001f\u007f<>]{1,64}$/.test(value.trim())) return value.trim();
  throw expected('1 to 64 characters without + / #', 'Sparkplug group', value);
}

export type StationTopic = 'alert' | 'verdict' | 'status' | 'rules' | 'picture' | 'golden';

/** `inspection/<station>/<leaf>`: the topics that the product speaks on. */
export function stationTopic(station: string, leaf: StationTopic): string {
  return `inspection/${station}/${leaf}`;
}

/**
 * Makes a label or id that came with a frame safe to show and to store: well-formed Unicode without control or
 * bidirectional override characters, angle brackets replaced by look-alikes (a dashboard that forgets to escape then
 * shows a tag instead of running it), at most 64 characters.
 */
export function plainText(value: string, maxChars = TEXT_MAX_CHARS): string {
  // Cut before the replacements so that a label of megabytes costs nothing; characters may be surrogate pairs.
  const text = value
    .slice(0, maxChars * 4)
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(CONTROL_CHARACTERS, ' ')
    .replace(/</g, '‹')
    .replace(/>/g, '›')
    .trim();
  const characters = Array.from(text);
  return characters.length <= maxChars ? text : `${characters.slice(0, maxChars - 1).join('')}…`;
}

/** A name that is safe in file names and in ids of other systems: `[a-z0-9_-]`, never empty. */
export function slug(value: string): string {
  const ascii = value
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  if (ascii.length > 0 && ascii.length >= Array.from(value).length / 2) return ascii.slice(0, TEXT_MAX_CHARS);
  // Mostly other scripts: letters would be lost and two stations could share one id, so code points stand in.
  return Array.from(value.slice(0, 16), (character) => (character.codePointAt(0) ?? 0).toString(16)).join('_');
}
