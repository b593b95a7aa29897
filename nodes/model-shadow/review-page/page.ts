/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// The page on which people judge cards, and that of the least confidence by class. It runs in a browser, alone: it imports types only.
import type { BlindCard } from '../../../src/shadow/review/card';
import type { AidAnswer, CardAnswer } from '../review-endpoints';

interface Given {
  verdict: string;
  label?: string;
}

const all = JSON.parse(document.getElementById('words')?.textContent ?? '{}') as Record<string, Record<string, string>>;
const language = navigator.language.startsWith('zh') ? 'zh' : 'en';
const words = all[language] ?? {};
const word = (key: string, value = '') => (words[key] ?? key).replace(/\b[XN]\b/, () => value);
const root = document.getElementById('page') as HTMLElement;
const isAid = location.pathname.endsWith('/thresholds');
const BASE = location.pathname.replace(/\/(review|thresholds)$/, '');
const LOOK_AGAIN_MS = 5000;
const NAME_KEY = 'edge-inspect-reviewer';

let token = editorToken();
let skipped: string[] = [];
let last: { card: BlindCard; text: string } | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
/** Whatever is drawn later wins: answers of requests that are overtaken are thrown away. */
let turn = 0;

/** Whoever is signed in to the editor in this browser need not sign in again. */
function editorToken(): string | undefined {
  for (let index = 0; index < localStorage.length; index++) {
    const key = localStorage.key(index) ?? '';
    if (!key.startsWith('auth-tokens')) continue;
    try {
      return (JSON.parse(localStorage.getItem(key) ?? '') as { access_token?: string }).access_token;
    } catch {
      return undefined;
    }
  }
  return undefined;
}

/** An element with attributes and children; texts are never markup. */
function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function button(text: string, attributes: Record<string, string>, press: () => void): HTMLButtonElement {
  const element = make('button', { type: 'button', ...attributes }, text);
  element.addEventListener('click', press);
  return element;
}

function show(...children: (Node | string)[]): void {
  clearTimeout(timer);
  root.replaceChildren(...children);
}

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

async function ask(path: string, body?: object): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const response = await fetch(`${BASE}${path}`, {
    headers,
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  }).catch(() => {
    throw new Refused(0, word('lost'));
  });
  if (response.ok) return response;
  const told = (await response.json().catch(() => ({}))) as { error?: string };
  throw new Refused(response.status, told.error ?? (response.status === 404 ? word('off') : String(response.status)));
}

function signIn(then: () => void, text = ''): void {
  const user = make('input', { name: 'user', autocomplete: 'username', placeholder: word('user') });
  const password = make('input', {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
    placeholder: word('password'),
  });
  const form = make('form', {}, make('h1', {}, word('signIn')), user, password, make('button', {}, word('signIn')));
  form.append(make('p', { class: 'told bad' }, text));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const fields = { client_id: 'node-red-admin', grant_type: 'password', scope: '*' };
    // the endpoints lie two folders below the admin root, Node-RED's own sign-in in it
    fetch(`${BASE}/../../../auth/token`, {
      method: 'POST',
      body: new URLSearchParams({ ...fields, username: user.value, password: password.value }),
    })
      .then(async (response) => {
        if (!response.ok) return signIn(then, word('denied'));
        token = ((await response.json()) as { access_token: string }).access_token;
        then();
      })
      .catch(() => signIn(then, word('lost')));
  });
  show(form);
}

function fail(error: unknown, again: () => void): void {
  if (error instanceof Refused && error.status === 401) return signIn(again, token === undefined ? '' : word('denied'));
  const text = error instanceof Error ? error.message : String(error);
  show(make('p', { class: 'told bad' }, text), button(word('again'), {}, again));
  timer = setTimeout(again, LOOK_AGAIN_MS);
}

const reviewer = () => localStorage.getItem(NAME_KEY) ?? '';

/** Pictures need the same permission as all else, so they are fetched, not linked. */
async function pictureOf(card: BlindCard, which: 'crop' | 'whole'): Promise<string> {
  return URL.createObjectURL(await (await ask(`/review/picture/${card.id}/${which}`)).blob());
}

const SVG = 'http://www.w3.org/2000/svg';

function svg(tag: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}

/** The crop with the box in it, or the whole part; a press shows the other. */
function pictureArea(card: BlindCard): HTMLElement {
  const area = button(
    '',
    { class: 'shot', 'data-testid': 'picture', 'aria-label': word('whole'), title: word('whole') },
    () => {
      which = which === 'crop' ? 'whole' : 'crop';
      void draw();
    },
  );
  let which: 'crop' | 'whole' = card.cropArea === null ? 'whole' : 'crop';
  const draw = async () => {
    const shown = which;
    const { cropArea, width, height, box } = card;
    const view = shown === 'crop' && cropArea !== null ? cropArea : { x: 0, y: 0, width, height };
    try {
      const href = await pictureOf(card, shown);
      if (shown !== which) return;
      const picture = svg('svg', { viewBox: `${view.x} ${view.y} ${view.width} ${view.height}`, 'data-shown': shown });
      picture.append(svg('image', { href, ...view }));
      if (box !== null) picture.append(svg('rect', { ...box }));
      area.replaceChildren(picture);
    } catch {
      area.replaceChildren(word('noPicture'));
    }
  };
  void draw();
  return area;
}

async function answer(card: BlindCard, given: Given, text: string): Promise<void> {
  for (const element of root.querySelectorAll('button')) element.disabled = true;
  try {
    await ask('/review/answer', { card: card.id, ...given, by: reviewer() });
    last = { card, text: word('stored', text) };
    await next();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return signIn(() => showCard(card), word('denied'));
    // the same card once more: what was not stored was not answered
    showCard(card, word('failed', error instanceof Error ? error.message : String(error)));
  }
}

function answerButtons(card: BlindCard): HTMLElement {
  const choices: [string, string, string][] = [
    ['defect', 'defect', 'bad'],
    ['noDefect', 'no defect', 'good'],
    ['cannotTell', 'cannot tell', ''],
  ];
  const buttons = choices.map(([key, verdict, tone]) =>
    button(word(key), { class: tone, 'data-verdict': verdict }, () => void answer(card, { verdict }, word(key))),
  );
  const area = make('div', { class: 'answers' }, ...buttons);
  const others = card.classNames.filter((label) => label !== card.label);
  if (others.length === 0) return area;
  const other = button(word('otherClass'), { 'data-verdict': 'other class' }, () => {
    area.replaceChildren(
      ...others.map((label) =>
        button(label, { 'data-class': label }, () => {
          // of a whole part the class says what the defect is
          const verdict = card.label === null ? 'defect' : 'other class';
          void answer(card, { verdict, label }, label);
        }),
      ),
      button(word('back'), {}, () => area.replaceWith(answerButtons(card))),
    );
  });
  area.append(other);
  return area;
}

function headOf(queue?: CardAnswer['queue']): HTMLElement {
  const head = make('header', {}, make('h1', {}, word(isAid ? 'thresholds' : 'title')));
  if (queue !== undefined) {
    head.append(make('span', { 'data-testid': 'waiting' }, word('waiting', String(queue.open))));
    if (queue.second > 0) head.append(make('span', {}, word('second', String(queue.second))));
  }
  const [key, file] = isAid ? ['toReview', 'review'] : ['toThresholds', 'thresholds'];
  head.append(make('a', { href: `${BASE}/${file}` }, word(key ?? '')));
  return head;
}

let queueNow: CardAnswer['queue'] | undefined;

function footOf(card?: BlindCard): HTMLElement {
  const name = make('input', {
    placeholder: word('name'),
    'aria-label': word('name'),
    maxlength: '100',
    value: reviewer(),
  });
  name.addEventListener('change', () => localStorage.setItem(NAME_KEY, name.value.trim()));
  const foot = make('footer', {}, name);
  if (card !== undefined) {
    foot.prepend(
      button(word('later'), {}, () => {
        skipped = [...skipped, card.id].slice(-50);
        void next();
      }),
    );
  }
  const before = last;
  if (before !== undefined) foot.append(button(word('undo'), {}, () => showCard(before.card)));
  return foot;
}

function showCard(card: BlindCard, problem = ''): void {
  turn++;
  const question = card.box === null ? word('part') : word('finding');
  const seen = card.label === null ? [] : [make('p', {}, make('strong', {}, word('asClass', card.label)))];
  const told = make(
    'p',
    { class: problem === '' ? 'told' : 'told bad', 'data-testid': 'told' },
    problem || (last?.text ?? ''),
  );
  show(
    headOf(queueNow),
    make('p', { 'data-testid': 'question', 'data-card': card.id }, question),
    ...seen,
    pictureArea(card),
    answerButtons(card),
    told,
    footOf(card),
  );
}

/** Draws the next card, or looks again in a while. */
async function next(): Promise<void> {
  const mine = ++turn;
  try {
    const query = new URLSearchParams({ by: reviewer(), skip: skipped.join(',') });
    const { card, queue } = (await (await ask(`/review/next?${query.toString()}`)).json()) as CardAnswer;
    if (mine !== turn) return;
    queueNow = queue;
    if (card !== null) return showCard(card);
    show(
      headOf(queue),
      make('p', { 'data-testid': 'nothing' }, word('nothing')),
      make('p', { class: 'told' }, last?.text ?? ''),
      footOf(),
    );
    skipped = [];
    timer = setTimeout(() => void next(), LOOK_AGAIN_MS);
  } catch (error) {
    if (mine === turn) fail(error, () => void next());
  }
}

const shareText = ({ count, of }: { count: number; of: number }) => (of === 0 ? '–' : `${count} / ${of}`);
const boundsText = ({ low, high, of }: { low: number; high: number; of: number }) =>
  of === 0 ? '' : ` ${Math.round(low * 100)}–${Math.round(high * 100)} %`;

function aidTable(
  { label, rows }: AidAnswer['classes'][number],
  station: HTMLSelectElement,
  told: HTMLElement,
): HTMLElement {
  const section = make('section', { 'data-class': label }, make('h1', {}, label));
  if (rows.every(({ caught, stopped }) => caught.of + stopped.of === 0)) {
    section.append(make('p', {}, word('noAid')));
    return section;
  }
  const table = make(
    'table',
    {},
    make('tr', {}, ...['confidence', 'caught', 'stopped', 'set'].map((key) => make('th', {}, word(key)))),
  );
  for (const { confidence, caught, stopped } of rows) {
    const set = button(word('set'), { 'data-confidence': confidence.toFixed(2) }, () => {
      ask('/thresholds', { station: station.value, label, confidence })
        .then(() => {
          told.className = 'told';
          told.textContent = word('setTo', label).replace('Y', confidence.toFixed(2));
        })
        .catch((error: unknown) => {
          told.className = 'told bad';
          told.textContent = error instanceof Error ? error.message : String(error);
        });
    });
    set.disabled = station.value === '';
    const cell = (share: typeof caught) => make('td', {}, shareText(share), make('small', {}, boundsText(share)));
    table.append(
      make('tr', {}, make('td', {}, confidence.toFixed(2)), cell(caught), cell(stopped), make('td', {}, set)),
    );
  }
  section.append(table);
  return section;
}

async function aid(): Promise<void> {
  try {
    const { classes, stations } = (await (await ask('/thresholds/data')).json()) as AidAnswer;
    const station = make('select', { 'aria-label': word('station') });
    for (const { id, name } of stations) station.append(make('option', { value: id }, name));
    const told = make(
      'p',
      { class: 'told', role: 'status', 'data-testid': 'told' },
      stations.length === 0 ? word('noStation') : '',
    );
    show(headOf(), make('p', {}, word('aid')), station, told, ...classes.map((one) => aidTable(one, station, told)));
  } catch (error) {
    fail(error, () => void aid());
  }
}

document.documentElement.lang = language;
document.title = word(isAid ? 'thresholds' : 'title');
void (isAid ? aid() : next());
