import type { IncomingHttpHeaders } from 'node:http';
import { InspectionError } from '../../src/contract/errors';

interface AdminRequest {
  headers: IncomingHttpHeaders;
}

interface AdminResponse {
  status(code: number): { json(body: unknown): unknown };
}

/** What browsers say of a request that no other page made. */
const OWN_SITES: ReadonlySet<unknown> = new Set([undefined, 'none', 'same-origin']);

/**
 * Whether a request can have been made by a page of another origin without being asked: a form, a picture, a link. What has a
 * JSON body or the header of the editor's own requests is asked for first (CORS), and programs such as curl send no Origin
 * (OWASP, Cross-Site Request Forgery Prevention, "custom request headers").
 */
export function isForeign({ headers }: AdminRequest): boolean {
  if (headers['x-requested-with'] !== undefined) return false;
  if (/^application\/json\b/i.test(headers['content-type'] ?? '')) return false;
  const { origin } = headers;
  if (origin === undefined) return !OWN_SITES.has(headers['sec-fetch-site']);
  return !URL.canParse(origin) || new URL(origin).host !== headers.host;
}

/** Middleware of every endpoint that changes or fetches something: without `adminAuth` nothing else keeps other pages out. */
export function ownPageOnly(request: AdminRequest, response: AdminResponse, next: () => void): void {
  if (!isForeign(request)) return next();
  const error = new InspectionError(
    'BAD_ARGUMENT',
    'Expected a request of the editor but received one of another page',
  );
  response.status(403).json({ error: error.message });
}
