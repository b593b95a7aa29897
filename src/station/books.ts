import { createHash } from 'node:crypto';
import { NOT_INSPECTED_REASONS, type NotInspectedReason, type Verdict } from '../contract/verdict';
import { byName } from './names';

/** How the frames of a camera ended: offered = pass + fail + notInspected + golden + underWay, always. */
export interface CameraBook {
  /** Frames that were due: triggers, turns of a free run, pictures from elsewhere. */
  offered: number;
  pass: number;
  fail: number;
  notInspected: number;
  /** `notInspected` by reason. */
  reasons: Record<string, number>;
  /** Golden parts, whatever their verdict: they are none of production. */
  golden: number;
  /** Offered, and not ended yet. */
  underWay: number;
}

/** The books of a station: all of it, and each camera by name. */
export interface BooksSnapshot {
  /**
   * Counted from here, over restarts and deploys; ISO 8601, UTC.
   * @format date-time
   */
  since: string;
  total: CameraBook;
  cameras: Record<string, CameraBook>;
}

/** Whose frame it is. */
export interface BookedCamera {
  id: string;
  name: string;
}

/** How a frame ended, as far as it is booked. */
export interface BookedEnd {
  verdict: Verdict;
  reason?: NotInspectedReason;
  /** Frames that one message stands for. Default 1. */
  count?: number;
  isGolden?: boolean;
}

/** What is written to the disk. */
export interface KeptBooks {
  since: string;
  cameras: (BookedCamera & Omit<CameraBook, 'underWay'>)[];
}

interface Account extends BookedCamera {
  book: Omit<CameraBook, 'underWay'>;
  /** Frames under way, and how many each stands for. */
  open: Map<string, number>;
}

/** Sources beyond this, which are made-up topics, share one account. */
const MAX_CAMERAS = 64;
const OTHERS: BookedCamera = { id: '', name: 'others' };
/** Frames of one camera that may be under way; beyond it the oldest counts as lost in the flow. */
const MAX_OPEN = 2048;
/** Frames that ended lately: a second verdict on one of them is none of the books'. */
const MAX_ENDED = 8192;

/** Longest name and id that are kept as they are. */
const MAX_CHARS = 128;

const LOST_IN_RESTART: BookedEnd = { verdict: 'NOT_INSPECTED', reason: 'stopped' };
const LOST_IN_FLOW: BookedEnd = { verdict: 'NOT_INSPECTED', reason: 'timeout' };

const FIELD_OF = { PASS: 'pass', FAIL: 'fail', NOT_INSPECTED: 'notInspected' } as const;

/**
 * The books of a station. A frame enters them when it is due (offer) and leaves with its verdict (settle), by its id: so they
 * balance whatever happens in between. They outlive the nodes, and with BooksFile the process.
 */
export class Books {
  readonly #accounts = new Map<string, Account>();
  /** Which account a frame that is under way is in. */
  readonly #openIn = new Map<string, Account>();
  readonly #ended = new Set<string>();
  #since: string;
  /** Called when something changed. */
  onChange: () => void = () => undefined;

  constructor(nowMs = Date.now()) {
    this.#since = new Date(nowMs).toISOString();
  }

  /** A frame is due. Told again, by the next node on its way, it changes nothing. */
  offer(frameId: string, camera: BookedCamera, count = 1): void {
    const frame = keyOf(frameId);
    if (this.knows(frame)) return;
    const account = this.#accountOf(camera);
    account.book.offered += count;
    account.open.set(frame, count);
    this.#openIn.set(frame, account);
    const [oldest] = account.open.keys();
    if (account.open.size > MAX_OPEN && oldest !== undefined) this.settle(oldest, camera, LOST_IN_FLOW);
    this.onChange();
  }

  /**
   * A frame has its verdict. One that nobody offered was offered with it; a second verdict of a frame, by another node, is not
   * booked.
   *
   * @param camera whose it is if nobody offered it
   * @returns whether it was booked
   */
  settle(frameId: string, camera: BookedCamera, end: BookedEnd): boolean {
    const frame = keyOf(frameId);
    if (this.#ended.has(frame)) return false;
    this.offer(frame, camera, end.count);
    const account = this.#openIn.get(frame) as Account;
    const count = account.open.get(frame) ?? 1;
    account.open.delete(frame);
    this.#openIn.delete(frame);
    this.#remember(frame);
    const { book } = account;
    if (end.isGolden) book.golden += count;
    else {
      book[FIELD_OF[end.verdict]] += count;
      if (end.verdict === 'NOT_INSPECTED') {
        const reason = end.reason ?? 'bad message';
        book.reasons[reason] = (book.reasons[reason] ?? 0) + count;
      }
    }
    this.onChange();
    return true;
  }

  /** Whether a frame is under way, or ended a moment ago. */
  knows(frameId: string): boolean {
    const frame = keyOf(frameId);
    return this.#openIn.has(frame) || this.#ended.has(frame);
  }

  /** The frames that are under way. */
  get underWay(): string[] {
    return [...this.#openIn.keys()];
  }

  /** Frames that a stop of the flow has cost: nobody has them any more. */
  settleLost(frames: Iterable<string>): void {
    for (const frame of frames) if (this.#openIn.has(keyOf(frame))) this.settle(frame, OTHERS, LOST_IN_RESTART);
  }

  snapshot(): BooksSnapshot {
    const cameras = [...this.#accounts.values()].map(({ id, name, book, open }) => {
      let underWay = 0;
      for (const count of open.values()) underWay += count;
      return { id, name, value: { ...book, reasons: { ...book.reasons }, underWay } };
    });
    const total = cameras.reduce((sum, { value }) => addUp(sum, value), emptyBook());
    return { since: this.#since, total, cameras: byName(cameras) };
  }

  /** The accounts one by one, as metrics want them. */
  get accounts(): (BookedCamera & { book: CameraBook })[] {
    return [...this.#accounts.values()].map(({ id, name, book, open }) => {
      let underWay = 0;
      for (const count of open.values()) underWay += count;
      return { id, name, book: { ...book, underWay } };
    });
  }

  /** What is to be remembered. */
  get kept(): KeptBooks {
    const cameras = [...this.#accounts.values()].map(({ id, name, book }) => ({ id, name, ...book }));
    return { since: this.#since, cameras: structuredClone(cameras) };
  }

  /** Goes on from earlier books; what was under way then was lost with that process. */
  goOnFrom({ since, cameras }: KeptBooks): void {
    this.#since = since;
    for (const { id, name, ...kept } of cameras) {
      const lost = kept.offered - kept.pass - kept.fail - kept.notInspected - kept.golden;
      const account = this.#accountOf({ id, name });
      const reasons = { ...kept.reasons };
      if (lost > 0) reasons.stopped = (reasons.stopped ?? 0) + lost;
      Object.assign(account.book, addUp(account.book, { ...kept, reasons, notInspected: kept.notInspected + lost }));
    }
    this.onChange();
  }

  #accountOf(given: BookedCamera): Account {
    const camera = { id: keyOf(given.id), name: given.name.slice(0, MAX_CHARS) };
    const known = this.#accounts.get(camera.id);
    if (known) {
      known.name = camera.name;
      return known;
    }
    const { id, name } = this.#accounts.size < MAX_CAMERAS ? camera : OTHERS;
    const others = this.#accounts.get(id);
    if (others) return others;
    const { underWay: _none, ...book } = emptyBook();
    const account = { id, name, book, open: new Map<string, number>() };
    this.#accounts.set(id, account);
    return account;
  }

  #remember(frame: string): void {
    this.#ended.add(frame);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }
}

/** Ids that a message brings may be of any length; those that are long are known by their hash. */
function keyOf(id: string): string {
  return id.length <= MAX_CHARS ? id : createHash('sha256').update(id).digest('hex');
}

function emptyBook(): CameraBook {
  return { offered: 0, pass: 0, fail: 0, notInspected: 0, reasons: {}, golden: 0, underWay: 0 };
}

const NUMBERS = ['offered', 'pass', 'fail', 'notInspected', 'golden'] as const;

/** The sum of two books. */
function addUp<Book extends Omit<CameraBook, 'underWay'> & { underWay?: number }>(
  a: Book,
  b: Omit<CameraBook, 'underWay'> & { underWay?: number },
): Book {
  const sum = { ...a, reasons: { ...a.reasons } };
  for (const field of NUMBERS) sum[field] += b[field];
  for (const [reason, count] of Object.entries(b.reasons)) sum.reasons[reason] = (sum.reasons[reason] ?? 0) + count;
  if (sum.underWay !== undefined) sum.underWay += b.underWay ?? 0;
  return sum;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readCamera(value: unknown): KeptBooks['cameras'] | [] {
  const { id, name, offered, pass, fail, notInspected, golden, reasons } = Object(value) as Record<string, unknown>;
  const numbers = { offered, pass, fail, notInspected, golden };
  if (typeof id !== 'string' || typeof name !== 'string' || !Object.values(numbers).every(isCount)) return [];
  const counts = numbers as Record<(typeof NUMBERS)[number], number>;
  const byReason = Object.entries(Object(reasons) as object).filter(
    (entry): entry is [string, number] => NOT_INSPECTED_REASONS.some((word) => word === entry[0]) && isCount(entry[1]),
  );
  const sum = byReason.reduce((all, [, count]) => all + count, 0);
  const ended = counts.pass + counts.fail + counts.notInspected + counts.golden;
  return sum === counts.notInspected && ended <= counts.offered
    ? [{ id, name, ...counts, reasons: Object.fromEntries(byReason) }]
    : [];
}

/** Reads books as they were kept; undefined: they are none. A camera whose figures do not add up is left out. */
export function readBooks(value: unknown): KeptBooks | undefined {
  const { since, cameras } = Object(value) as Record<string, unknown>;
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since)) || !Array.isArray(cameras)) return undefined;
  return { since: new Date(since).toISOString(), cameras: cameras.slice(0, MAX_CAMERAS + 1).flatMap(readCamera) };
}
