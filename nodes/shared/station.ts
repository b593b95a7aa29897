import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { messageOf } from '../../src/contract/errors';
import { BooksFile } from '../../src/station/books-file';
import { Station } from '../../src/station/station';

/** The station of this Node-RED: one board, one budget, whatever the number of flows. */
export const station = new Station();

/** Admin servers that answer already: every node module is loaded with an API object of its own, and all share one server. */
const served = new WeakSet<object>();

let booksFile: BooksFile | undefined;

/** Resolves when the books are on the disk as they are now: nodes that close wait for it. */
export async function saveBooks(): Promise<void> {
  await booksFile?.save();
}

/**
 * The station that a node module belongs to. Whichever module comes first has its numbers served for Prometheus, so that they
 * are there whatever nodes are in use.
 */
export function joinStation(RED: NodeAPI): Station {
  const { httpAdmin } = RED;
  if (!served.has(httpAdmin)) {
    served.add(httpAdmin);
    // tests of one endpoint have an API without settings
    const userDir = (RED as Partial<NodeAPI>).settings?.userDir;
    if (typeof userDir === 'string') {
      booksFile ??= new BooksFile(station.books, join(userDir, 'inspection', 'books.json'), (error) =>
        RED.log.warn(`[edge-inspect] The station's books are not kept: ${messageOf(error)}`),
      );
    }
    httpAdmin.get('/edge-inspect/metrics', RED.auth.needsPermission('edge-inspect.read'), (_request, response) => {
      const { metrics } = station;
      metrics.text().then(
        (text) => response.set('Content-Type', metrics.contentType).send(text),
        (error: unknown) => response.status(500).type('text').send(messageOf(error)),
      );
    });
  }
  return station;
}
