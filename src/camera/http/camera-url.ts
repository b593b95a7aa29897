import { expected, InspectionError } from '../../contract/errors';

export interface Credentials {
  user?: string;
  password?: string;
}

/** Places in a url's path or query that are filled from the credentials: for cameras that take no header. */
const PLACEHOLDER = /\{(user|password)\}/g;

/** Names and addresses; nothing that a script or another url parser could read otherwise. */
const HOST = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])$/i;

/** A url as it may be shown: without user, password, query and fragment. */
export function shownUrl(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
}

/** What may be repeated of a url that does not parse, or carries secrets: its scheme alone. */
function shownBroken(text: string): string {
  const scheme = /^[a-z][a-z0-9+.-]{0,20}:/i.exec(text.trim());
  return scheme ? `${scheme[0]}…` : `text of ${text.length} characters`;
}

/**
 * Checks the url of a camera. The message never repeats more than the scheme: what was typed may hold a password.
 *
 * @param schemes without colon: `['http', 'https']`
 * @throws InspectionError BAD_ARGUMENT *Expected an http or https url for url but received "file:…"*
 */
export function parseCameraUrl(value: unknown, schemes: readonly string[]): URL {
  const wanted = `a url that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  if (typeof value !== 'string' || value === '') throw expected(wanted, 'url', value);
  // WHATWG URL drops tabs and line breaks inside a url: what is checked must be what is used
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f]/.test(value)) {
    throw expected(`${wanted}, without blanks or control characters`, 'url', shownBroken(value));
  }
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !schemes.includes(url.protocol.slice(0, -1)) || !HOST.test(url.hostname)) {
    throw expected(wanted, 'url', shownBroken(value));
  }
  if (url.username !== '' || url.password !== '') {
    throw new InspectionError(
      'BAD_ARGUMENT',
      'Expected user and password in their own fields but received them in url: a url is stored and shown in the open',
    );
  }
  return url;
}

/** Fills `{user}` and `{password}` in the query; percent-encoded, so that nothing else of the url can change. */
export function fillCredentials(url: URL, credentials: Credentials): URL {
  const filled = new URL(url);
  filled.search = url.search
    .replaceAll('%7B', '{')
    .replaceAll('%7D', '}')
    .replace(PLACEHOLDER, (_, name: keyof Credentials) => encodeURIComponent(credentials[name] ?? ''));
  return filled;
}

/** True where the url itself carries the credentials, so that no header is needed. */
export function hasPlaceholders(url: URL): boolean {
  return /(\{|%7B)(user|password)(\}|%7D)/i.test(url.search);
}

/** Percent-encodes everything that means something in a url, a quoted string or a script. */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The url with user and password in it, for programs that take them in no other way; free of quotes and backslashes. */
export function fillUserInfo(url: URL, credentials: Credentials): string {
  const { user, password } = credentials;
  const withQuery = fillCredentials(url, credentials);
  const userInfo = user ? `${encodeStrictly(user)}${password ? `:${encodeStrictly(password)}` : ''}@` : '';
  const rest = `${withQuery.host}${withQuery.pathname}${withQuery.search}`;
  return `${url.protocol}//${userInfo}${rest}`.replaceAll("'", '%27').replaceAll('\\', '%5C');
}
