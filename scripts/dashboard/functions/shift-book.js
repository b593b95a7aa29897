// The book of the station: what every card shows, from verdicts, heat and golden samples. A tick every two seconds sends it also
// while nothing comes, so that a line that stands still is seen.
const now = Date.now();
const book = context.get('book') || {
  verdict: null,
  counters: null,
  labels: {},
  times: [],
  hours: [],
  shifts: [],
  stops: [],
  stop: null,
  temps: [],
  latencies: [],
  heat: null,
  books: null,
  golden: null,
  partAt: null,
  startedAt: now,
};
const HOUR_MS = 3600000;
/** Reasons that go on until somebody does something: one part is enough. Others count as a stop from the third part on. */
const LASTING = [
  'camera lost',
  'model not available',
  'self-test failed',
  'golden check due',
  'stopped',
  'out of memory',
];
const STOP_PARTS = 3;
/** Shorter ones are over before anybody looks, such as the model's loading. */
const LISTED_MS = 3000;
/** Without a part for this long, and for five times the usual distance, the line is said to give none. */
const SILENT_MS = 10000;

function endStop(at) {
  if (book.stop && book.stop.isStop && at - book.stop.since >= LISTED_MS) {
    const { since, reason, detail, parts } = book.stop;
    book.stops = [{ since, until: at, reason, detail, parts }, ...book.stops].slice(0, 12);
  }
  book.stop = null;
}

/** Where a book of parts begins with this counter, or goes on. */
function count(before, counters) {
  const isSame = before && before.since === counters.since;
  if (before && !isSame) book.shifts = [{ ...before, until: now }, ...book.shifts].slice(0, 6);
  if (!isSame) Object.assign(book, { labels: {}, times: [] });
  const start = now - (now % HOUR_MS);
  if (book.hours.length === 0 || book.hours[book.hours.length - 1].at !== start) {
    book.hours = [...book.hours, { at: start, pass: 0, fail: 0, notInspected: 0 }].slice(-12);
  }
  const hour = book.hours[book.hours.length - 1];
  let parts = 0;
  for (const key of ['pass', 'fail', 'notInspected']) {
    // after a start of Node-RED the first verdict only says where the counters stand
    const more = isSame ? counters[key] - before[key] : before ? counters[key] : 0;
    hour[key] += Math.max(0, more);
    parts += Math.max(0, more);
  }
  return parts;
}

function onVerdict(verdict) {
  const { counters, golden, reason = '', detail = '' } = verdict;
  const parts = count(book.counters, counters);
  book.counters = counters;
  // a golden part is none of production: it is in no counter, and its defects are in no Pareto
  if (!golden) {
    for (const { label } of verdict.defects) {
      const known = Object.hasOwn(book.labels, label) || Object.keys(book.labels).length < 30;
      const name = known ? label : 'other';
      book.labels[name] = (book.labels[name] || 0) + 1;
    }
    // a message may stand for several parts: those that were due while the camera was paused or lost
    const more = Array(Math.min(Math.max(1, verdict.count || parts), 2000)).fill(now);
    book.times = book.times.concat(more).slice(-2000);
  }
  if (book.stop && book.stop.reason === 'no part') endStop(now);
  if (verdict.verdict === 'NOT_INSPECTED') {
    if (!book.stop) book.stop = { since: now, reason, detail, parts: 0, isStop: false };
    book.stop.parts += verdict.count || 1;
    Object.assign(book.stop, { reason, detail });
    book.stop.isStop = book.stop.isStop || LASTING.includes(reason) || book.stop.parts >= STOP_PARTS;
  } else endStop(now);
  book.partAt = now;
  book.verdict = {
    verdict: verdict.verdict,
    reason,
    detail,
    frame: verdict.frame.id,
    defects: verdict.defects.length + verdict.defectsOmitted,
    golden: golden || null,
  };
  if (verdict.latencyMs !== null) {
    book.latencyMs = verdict.latencyMs;
    book.latencies = [...book.latencies, verdict.latencyMs].slice(-60);
  }
}

/** Usual time between two parts of the last minute, ms. */
function distanceMs() {
  const { times } = book;
  return times.length < 2 ? 0 : (times[times.length - 1] - times[0]) / (times.length - 1);
}

if (msg.topic === 'tick') {
  const silentMs = now - (book.partAt || book.startedAt);
  book.distanceMs = Math.max(distanceMs(), now - (book.partAt || now) < SILENT_MS ? 0 : book.distanceMs || 0);
  if (silentMs > Math.max(SILENT_MS, 5 * book.distanceMs) && !book.stop) {
    book.stop = { since: book.partAt || book.startedAt, reason: 'no part', detail: '', parts: 0, isStop: true };
  }
  book.times = book.times.filter((time) => now - time < 60000);
} else if (/\/golden$/.test(msg.topic)) book.golden = msg.payload.state;
else if (/\/verdict$/.test(msg.topic)) onVerdict(msg.payload);
else if (msg.payload && 'tempC' in msg.payload) {
  const { tempC, state, reason, station } = msg.payload;
  book.books = (station && station.books) || null;
  book.heat = { tempC: typeof tempC === 'number' ? tempC : null, state: String(state), reason: reason || '' };
  if (book.heat.tempC !== null) book.temps = [...book.temps, book.heat.tempC].slice(-60);
}
context.set('book', book);

// many parts a second are not drawn one by one: a tablet has to keep up
const isDue = msg.topic === 'tick' || now - (context.get('told') || 0) >= 250;
if (!isDue) return null;
context.set('told', now);
const { counters, labels, times, ...shown } = book;
const judged = counters ? counters.pass + counters.fail : 0;
const classes = Object.entries(labels)
  .map(([label, count]) => ({ label, count }))
  .sort((a, b) => b.count - a.count);
return [
  {
    payload: {
      ...shown,
      counters: counters || { pass: 0, fail: 0, notInspected: 0, triggers: 0, since: null },
      perMinute: times.filter((time) => now - time < 60000).length,
      yieldPercent: judged > 0 ? (100 * counters.pass) / judged : null,
      stop: book.stop && book.stop.isStop ? book.stop : null,
      silentSeconds: Math.round((now - (book.partAt || book.startedAt)) / 1000),
      classes,
    },
  },
];
