import type { NodeAPI } from 'node-red';
import type { EvidenceFolder } from '../../src/alert/keep/evidence';

/** Folders by node id: what the endpoint may give out. */
export type EvidenceFolders = Map<string, EvidenceFolder>;

/** The permission that a user of the editor needs to see pictures (settings.js, adminAuth); `*` and `read` include it. */
const PERMISSION = 'inspection-evidence.read';

/**
 * Gives out kept pictures at `inspection/evidence/<node>/<name>` below the admin root, to users with the permission.
 * Only names of the form the folder gives itself are looked for, below that folder.
 */
export function serveEvidence(RED: NodeAPI, folders: EvidenceFolders): void {
  RED.httpAdmin.get('/inspection/evidence/:node/:name', RED.auth.needsPermission(PERMISSION), (request, response) => {
    const { node, name } = request.params;
    if (typeof node !== 'string' || typeof name !== 'string') {
      response.status(404).end();
      return;
    }
    const found = folders.get(node)?.locate(name);
    if (found === undefined) {
      response.status(404).end();
      return;
    }
    response.set({
      'Content-Type': found.contentType,
      'Cache-Control': 'private, max-age=86400',
      'X-Content-Type-Options': 'nosniff',
      'Content-Security-Policy': "default-src 'none'",
    });
    response.sendFile(name, { root: found.folder, dotfiles: 'allow' }, (error: Error | undefined) => {
      if (error !== undefined && !response.headersSent) response.status(404).end();
    });
  });
}
