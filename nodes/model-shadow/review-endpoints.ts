import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import { expected, InspectionError, messageOf } from '../../src/contract/errors';
import { nonEmptyString, numberBetween } from '../../src/contract/validate';
import type { BlindCard } from '../../src/shadow/review/card';
import type { ReviewStore } from '../../src/shadow/review/review-store';
import { thresholdAid, type ClassAid } from '../../src/shadow/review/threshold-aid';
import { ownPageOnly } from '../shared/own-page';

/** What a page needs of a model-shadow. */
export interface ReviewedNode extends Node {
  /** The store of people's answers; undefined: review is off, or it could not be opened. */
  review(): ReviewStore | undefined;
  /** The model whose thresholds are set, as the line uses it. */
  modelInUse(): { sha256: string; classNames: readonly string[] } | undefined;
  /** Id of the inspection-model in use. */
  modelId: string;
}

/** Answer to a page that asks for the next card. */
export interface CardAnswer {
  card: BlindCard | null;
  queue: { open: number; second: number };
}

/** Answer to the page of the least confidence. */
export interface AidAnswer {
  classes: ClassAid[];
  /** Nodes that judge, and can be told another confidence. */
  stations: { id: string; name: string }[];
}

/** Permissions of a user of the editor (settings.js, adminAuth). Answering is one of its own: who judges need not swap models. */
const MAY_LOOK = 'model-shadow.read';
const MAY_ANSWER = 'model-shadow.review';
const MAY_SET = 'model-shadow.write';

/** Nothing but this page's own script and style, pictures that it fetched, and this server. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const HEADERS = {
  'Content-Security-Policy': POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
};

const PAGE = join(__dirname, 'review-page');
const FILES = { 'page.css': 'text/css', 'page.js': 'text/javascript' } as const;

function pageText(): string {
  const words = readFileSync(join(PAGE, 'words.json'), 'utf8');
  // as text of an element: nothing in it may end the element
  return readFileSync(join(PAGE, 'page.html'), 'utf8').replace('WORDS', () => words.replace(/</g, '\\u003c'));
}

/** The next card for a reviewer. @param skip cards that were left for later */
export async function nextCardOf(store: ReviewStore, by: string, skip: readonly string[]): Promise<CardAnswer> {
  const card = (await store.next(by, skip)) ?? null;
  const { open, second } = await store.stats();
  return { card, queue: { open, second } };
}

const textOf = (value: unknown) => (typeof value === 'string' ? value.slice(0, 2000) : '');

/**
 * The pages of a model-shadow below the admin root: `edge-inspect/shadow/<id>/review`, on which people judge, and
 * `edge-inspect/shadow/<id>/thresholds`. The pages themselves hold nothing; what they ask for needs permissions.
 */
export function serveReview(RED: NodeAPI): void {
  const { httpAdmin, auth } = RED;
  const at = (path: string) => `/edge-inspect/shadow/:id${path}`;

  function nodeOf(id: unknown): ReviewedNode | undefined {
    const node = RED.nodes.getNode(String(id)) as ReviewedNode | null;
    return node?.type === 'model-shadow' && typeof node.review === 'function' ? node : undefined;
  }

  function storeOf(id: unknown): ReviewStore {
    const store = nodeOf(id)?.review();
    if (store === undefined)
      throw new InspectionError(
        'SOURCE_UNAVAILABLE',
        'Expected a model-shadow that asks people but review is off, or has not started',
      );
    return store;
  }

  type Answering = Parameters<Parameters<typeof httpAdmin.get>[1]>[1];
  const answered = (response: Answering, work: Promise<unknown>) =>
    void work.then(
      (json) => response.set('Cache-Control', 'no-store').json(json),
      (error: unknown) => {
        const code = error instanceof InspectionError ? error.code : '';
        const status = code === 'SOURCE_UNAVAILABLE' ? 404 : code === 'BAD_ARGUMENT' ? 400 : 500;
        response.status(status).json({ error: messageOf(error) });
      },
    );

  for (const page of ['/review', '/thresholds'])
    httpAdmin.get(at(page), (_request, response) => void response.set(HEADERS).type('html').send(pageText()));
  for (const [name, type] of Object.entries(FILES)) {
    httpAdmin.get(at(`/review/${name}`), (_request, response) => {
      // (compiled as a module of this package; a browser has no exports)
      const head = name === 'page.js' ? 'const exports = {};\n' : '';
      response
        .set(HEADERS)
        .type(type)
        .send(head + readFileSync(join(PAGE, name), 'utf8'));
    });
  }

  httpAdmin.get(at('/review/next'), auth.needsPermission(MAY_LOOK), ({ params, query }, response) => {
    const skip = textOf(query.skip).split(',').filter(Boolean);
    answered(response, (async () => nextCardOf(storeOf(params.id), textOf(query.by), skip))());
  });

  httpAdmin.get(at('/review/picture/:card/:which'), auth.needsPermission(MAY_LOOK), ({ params }, response) => {
    const work = async () => {
      const which = params.which === 'crop' ? 'crop' : 'whole';
      const found = await storeOf(params.id).picture(String(params.card), which);
      if (found === undefined) return void response.status(404).end();
      response.set({ ...HEADERS, 'Content-Type': found.contentType, 'Cache-Control': 'private, max-age=3600' });
      response.sendFile(found.path, { root: '/', dotfiles: 'allow' }, (error: Error | undefined) => {
        if (error !== undefined && !response.headersSent) response.status(404).end();
      });
    };
    work().catch((error: unknown) => response.status(404).json({ error: messageOf(error) }));
  });

  httpAdmin.post(at('/review/answer'), auth.needsPermission(MAY_ANSWER), ownPageOnly, ({ params, body }, response) => {
    const { card, verdict, label, by } = (body ?? {}) as Record<string, unknown>;
    const work = async () =>
      storeOf(params.id).answer(nonEmptyString(card, 'the card'), { verdict, label, by, way: 'page' });
    answered(response, work());
  });

  /** Nodes that judge what the model in use finds. */
  function stationsOf(modelId: string): AidAnswer['stations'] {
    const found: AidAnswer['stations'] = [];
    RED.nodes.eachNode((config) => {
      const { type, id, name, station, model } = config as unknown as Record<string, string>;
      if (
        type === 'defect-alert' &&
        id !== undefined &&
        (!model || model === modelId) &&
        RED.nodes.getNode(id) !== null
      )
        found.push({ id, name: name || station || id });
    });
    return found;
  }

  async function aidOf(id: unknown): Promise<AidAnswer> {
    const store = storeOf(id);
    const node = nodeOf(id) as ReviewedNode;
    const model = node.modelInUse();
    if (model === undefined)
      throw new InspectionError('SOURCE_UNAVAILABLE', 'Expected a model in use but it has not started yet');
    const { cards } = await store.state();
    return {
      classes: thresholdAid(cards.values(), model.sha256, model.classNames),
      stations: stationsOf(node.modelId),
    };
  }

  httpAdmin.get(at('/thresholds/data'), auth.needsPermission(MAY_LOOK), ({ params }, response) => {
    answered(response, aidOf(params.id));
  });

  httpAdmin.post(at('/thresholds'), auth.needsPermission(MAY_SET), ownPageOnly, ({ params, body }, response) => {
    const work = async () => {
      const { station, label, confidence } = (body ?? {}) as Record<string, unknown>;
      const { classes, stations } = await aidOf(params.id);
      if (!classes.some((one) => one.label === label)) throw expected("one of the model's classes", 'label', label);
      if (!stations.some((one) => one.id === station)) throw expected('the id of a defect-alert', 'station', station);
      const minConfidence = numberBetween(confidence, 'confidence', 0, 1);
      // the same way as a message that a flow sends: checked, kept and told by the node itself
      RED.nodes.getNode(station as string).receive({ rules: { classes: { [label as string]: { minConfidence } } } });
      return { label, confidence: minConfidence };
    };
    answered(response, work());
  });
}
