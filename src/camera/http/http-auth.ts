import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from './camera-url';

/** RFC 7617: for servers that ask for Basic, and sent at once where TLS hides it or the camera asked before. */
export function basicHeader({ user = '', password = '' }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

export interface DigestChallenge {
  realm: string;
  nonce: string;
  qop: boolean;
  opaque: string | undefined;
  algorithm: 'MD5' | 'SHA-256';
}

const HASH_NAMES: Record<DigestChallenge['algorithm'], string> = { MD5: 'md5', 'SHA-256': 'sha256' };

/** Longest WWW-Authenticate header that is looked at, characters: cameras send about 150. */
const CHALLENGE_MAX_CHARS = 4096;

/** Reads a `WWW-Authenticate: Digest …` header (RFC 7616, 3.3); undefined for other schemes and for what is not supported. */
export function parseDigestChallenge(header: string): DigestChallenge | undefined {
  const start = /(?:^|,\s*)digest\s+/i.exec(header.slice(0, CHALLENGE_MAX_CHARS));
  if (!start) return undefined;
  const fields = new Map<string, string>();
  const pairs = header.slice(start.index + start[0].length, CHALLENGE_MAX_CHARS);
  for (const [, name, quoted, bare] of pairs.matchAll(/([a-z]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))/gi)) {
    const key = (name as string).toLowerCase();
    if (!fields.has(key)) fields.set(key, quoted ?? bare ?? '');
  }
  const realm = fields.get('realm');
  const nonce = fields.get('nonce');
  const algorithm = (fields.get('algorithm') ?? 'MD5').toUpperCase();
  if (realm === undefined || nonce === undefined || !(algorithm in HASH_NAMES)) return undefined;
  const qops = fields
    .get('qop')
    ?.split(',')
    .map((qop) => qop.trim());
  if (qops && !qops.includes('auth')) return undefined;
  return {
    realm,
    nonce,
    qop: qops !== undefined,
    opaque: fields.get('opaque'),
    algorithm: algorithm as DigestChallenge['algorithm'],
  };
}

/** The answer to a digest challenge for a GET (RFC 7616, 3.4). `count`: requests made with this nonce, from 1. */
export function digestHeader(
  challenge: DigestChallenge,
  { user = '', password = '' }: Credentials,
  request: { method: string; uri: string },
  count: number,
  cnonce: string = randomBytes(8).toString('hex'),
): string {
  const hash = (text: string) => createHash(HASH_NAMES[challenge.algorithm]).update(text).digest('hex');
  const nc = count.toString(16).padStart(8, '0');
  const secret = hash(`${user}:${challenge.realm}:${password}`);
  const what = hash(`${request.method}:${request.uri}`);
  const response = challenge.qop
    ? hash(`${secret}:${challenge.nonce}:${nc}:${cnonce}:auth:${what}`)
    : hash(`${secret}:${challenge.nonce}:${what}`);
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const parts = [
    `username=${quote(user)}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(request.uri)}`,
    `algorithm=${challenge.algorithm}`,
    `response="${response}"`,
    ...(challenge.qop ? ['qop=auth', `nc=${nc}`, `cnonce="${cnonce}"`] : []),
    ...(challenge.opaque === undefined ? [] : [`opaque=${quote(challenge.opaque)}`]),
  ];
  return `Digest ${parts.join(', ')}`;
}
