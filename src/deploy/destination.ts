import { expected } from '../contract/errors';
import { integerBetween } from '../contract/validate';

/** Where to deploy to, as ssh takes it; every part is checked, so that none can be an option or a command. */
export interface Destination {
  /** `host` or `user@host`. */
  target: string;
  port?: number;
  /** A private key's file on this PC. */
  identity?: string;
  /** `[user@]host[:port]`, several separated by commas. */
  jump?: string;
  /** A file in place of ~/.ssh/config. */
  config?: string;
}

/** A login name as Debian's adduser takes it, and the `$` of Samba machines. */
const USER = '[A-Za-z_][A-Za-z0-9_.-]*\\$?';
/** A name (or an alias of ssh's config), an IPv4 address, or an IPv6 address with an interface. */
const HOST = '[A-Za-z0-9][A-Za-z0-9._-]*';
const IPV6 = '[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%[A-Za-z0-9]+)?';

const TARGET = new RegExp(`^(?:${USER}@)?(?:${HOST}|${IPV6})$`);
const JUMP = new RegExp(`^(?:${USER}@)?(?:${HOST}|\\[${IPV6}\\])(?::[0-9]{1,5})?$`);
/** Letters of any language, digits, and what paths have; nothing that a shell or ssh's config reads as more than a letter. */
const PATH = /^[\p{L}\p{N}._ @+,=/~-]+$/u;
const REMOTE_PATH = /^(?:~\/|\/)[\p{L}\p{N}._ @+,=/-]*$/u;

/** @throws InspectionError BAD_ARGUMENT */
export function targetOf(value: unknown): string {
  if (typeof value === 'string' && value.length <= 255 && TARGET.test(value)) return value;
  throw expected('host or user@host', 'the target', value);
}

/** @throws InspectionError BAD_ARGUMENT */
export function jumpOf(value: unknown): string {
  if (typeof value === 'string' && value.split(',').every((each) => JUMP.test(each))) return value;
  throw expected('[user@]host[:port]', '--jump', value);
}

export function portOf(value: unknown): number {
  return integerBetween(value, '--port', 1, 65_535);
}

/** A file on this PC that ssh is told of. @throws InspectionError BAD_ARGUMENT */
export function localFileOf(value: unknown, name: string): string {
  if (typeof value === 'string' && PATH.test(value) && !value.startsWith('-')) return value;
  throw expected('the path of a file', name, value);
}

/** A folder or program on the target: absolute, or below the home folder. @throws InspectionError BAD_ARGUMENT */
export function remotePathOf(value: unknown, name: string): string {
  const isPath = typeof value === 'string' && REMOTE_PATH.test(value) && !value.split('/').includes('..');
  if (isPath && value.length <= 1024) return value.length > 1 ? value.replace(/\/+$/, '') : value;
  throw expected('an absolute path, or one that begins with ~/,', name, value);
}

/** A station's name, which becomes a folder and a topic. @throws InspectionError BAD_ARGUMENT */
export function stationOf(value: unknown): string {
  if (typeof value === 'string' && /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u.test(value)) return value;
  throw expected('at most 64 letters, digits, dots, dashes and underscores', '--station', value);
}
