import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { InspectionError } from '../../contract/errors';
import { basicHeader, digestHeader, parseDigestChallenge, type DigestChallenge } from './http-auth';
import { fillCredentials, hasPlaceholders, shownUrl, type Credentials } from './camera-url';
import { cancelled } from '../../kit/wait';

/** Redirects followed at most. */
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What to do about a status code; others are told by number. */
const ADVICE: Readonly<Record<number, string>> = {
  401: 'enter the user and password of the camera',
  403: 'the user may not see pictures: check its rights in the camera',
  404: "check url against the camera's manual",
  429: 'the camera is asked too often: lower fps',
  503: 'the camera is busy: lower fps, or close other viewers',
};

/** What network errors mean to someone in front of a camera. */
const NETWORK_ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the port, and that the camera is on',
  ENOTFOUND: 'the host name is not known: check url, or use the IP address',
  EAI_AGAIN: 'the host name cannot be looked up: check the network, or use the IP address',
  EHOSTUNREACH: 'the host cannot be reached: check cable, power and IP address',
  ENETUNREACH: 'the network cannot be reached: check the network of this machine',
  ETIMEDOUT: 'the host does not answer: check cable, power and IP address',
  ECONNRESET: 'the camera closed the connection',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed: add it to NODE_EXTRA_CA_CERTS',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed: add it to NODE_EXTRA_CA_CERTS',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted: add its issuer to NODE_EXTRA_CA_CERTS',
  CERT_HAS_EXPIRED: 'its certificate has expired: renew it',
};

function unavailable(url: URL, what: string, cause?: unknown): InspectionError {
  return new InspectionError('SOURCE_UNAVAILABLE', `The camera at ${shownUrl(url)} gave no picture: ${what}`, {
    cause,
  });
}

/**
 * GET for one camera: keeps its connection, answers Basic and Digest challenges, follows a few redirects. Credentials go
 * only to the origin that was configured, in a header.
 */
export class HttpGetter {
  readonly #url: URL;
  readonly #credentials: Credentials;
  readonly #agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };
  /** What the camera asked for last: saves a round trip per picture. */
  #auth: { digest: DigestChallenge; count: number } | 'basic' | undefined;

  constructor(url: URL, credentials: Credentials) {
    this.#url = url;
    this.#credentials = credentials;
  }

  /**
   * Opens a response with status 200; the caller reads or destroys it.
   *
   * @throws InspectionError SOURCE_UNAVAILABLE with what to do, CANCELLED when the signal aborts
   */
  async open(signal: AbortSignal): Promise<IncomingMessage> {
    let url = fillCredentials(this.#url, this.#credentials);
    for (let redirects = 0; ; redirects += 1) {
      const response = await this.#authorized(url, signal);
      const status = response.statusCode ?? 0;
      if (status === 200) return response;
      response.destroy();
      if (!REDIRECTS.has(status)) {
        throw unavailable(
          this.#url,
          `it answered with status ${status}${ADVICE[status] ? ` (${ADVICE[status]})` : ''}`,
        );
      }
      url = this.#redirected(url, response.headers.location, redirects);
    }
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #redirected(from: URL, location: string | undefined, redirects: number): URL {
    if (redirects >= MAX_REDIRECTS) throw unavailable(this.#url, `it redirected more than ${MAX_REDIRECTS} times`);
    if (location === undefined || !URL.canParse(location, from)) {
      throw unavailable(this.#url, 'it redirected without saying where to');
    }
    const to = new URL(location, from);
    const downgraded = from.protocol === 'https:' && to.protocol === 'http:';
    if ((to.protocol !== 'http:' && to.protocol !== 'https:') || downgraded) {
      throw unavailable(this.#url, `it redirected to ${to.protocol}, which is not followed`);
    }
    to.username = '';
    to.password = '';
    return to;
  }

  /** One request, repeated once with credentials when the camera asks for them. */
  async #authorized(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    const mayAuthorize =
      url.origin === this.#url.origin && Boolean(this.#credentials.user) && !hasPlaceholders(this.#url);
    const response = await this.#request(url, signal, mayAuthorize ? this.#authorization(url) : undefined);
    const asked = response.headers['www-authenticate'];
    if (response.statusCode !== 401 || !mayAuthorize || asked === undefined) return response;
    const digest = parseDigestChallenge(asked);
    this.#auth = digest ? { digest, count: 0 } : 'basic';
    response.destroy();
    return this.#request(url, signal, this.#authorization(url));
  }

  #authorization(url: URL): string | undefined {
    if (this.#auth === undefined) return undefined;
    if (this.#auth === 'basic') return basicHeader(this.#credentials);
    this.#auth.count += 1;
    const uri = `${url.pathname}${url.search}`;
    return digestHeader(this.#auth.digest, this.#credentials, { method: 'GET', uri }, this.#auth.count);
  }

  #request(url: URL, signal: AbortSignal, authorization: string | undefined): Promise<IncomingMessage> {
    const protocol = url.protocol as 'http:' | 'https:';
    const send = protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const request = send(url, {
        agent: this.#agents[protocol],
        signal,
        headers: { accept: 'image/*, multipart/x-mixed-replace', ...(authorization ? { authorization } : {}) },
      });
      request.on('response', resolve);
      request.on('error', (error: NodeJS.ErrnoException) => {
        if (signal.aborted) return reject(cancelled());
        reject(unavailable(this.#url, NETWORK_ADVICE[error.code ?? ''] ?? `the request failed (${error.code})`, error));
      });
      request.end();
    });
  }
}

/** Reads a whole body, at most `maxBytes`. */
export async function readBody(
  response: IncomingMessage,
  maxBytes: number,
  url: URL,
  signal: AbortSignal,
): Promise<Buffer> {
  const tooLarge = () => unavailable(url, `it sent more than ${maxBytes} bytes, which is not one picture: check url`);
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) {
    response.destroy();
    throw tooLarge();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      // leaving the loop destroys the response, and with it the connection
      if (size > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw cancelled();
    if (error instanceof InspectionError) throw error;
    throw unavailable(url, 'the connection broke in the middle of a picture', error);
  }
  return Buffer.concat(chunks, size);
}
