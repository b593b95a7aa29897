import { clopperPearson, type Share } from '../../kit/intervals';
import { settledOf, type Card } from './card';
import type { ReportEntry } from './entries';
import type { DayCount } from './part-log';

/** What people told of the parts of one week. */
export interface WeekFigures {
  /** ISO 8601 week, such as `2026-W48`. */
  week: string;
  passed: number;
  failed: number;
  /**
   * Parts that the line passed and somebody found defective, of all that it passed: a lower bound, since nobody finds all. Exact
   * 95 % interval.
   */
  escapes: Share;
  /** Parts that the line failed and somebody found good, of all that it failed; a lower bound as well. */
  falseAlarms: Share;
  /** Parts that both models passed and a person looked at, with those that had a defect: the unbiased figure beside it. */
  audit: Share;
}

/** ISO 8601 week of a time: that of the Thursday of the same week, weeks begin on Monday. */
export function isoWeek(time: string): string {
  const date = new Date(time);
  const thursday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()));
  thursday.setUTCDate(thursday.getUTCDate() + 3 - ((thursday.getUTCDay() + 6) % 7));
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / (7 * 86_400_000));
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

interface Known {
  week: string;
  line: 'PASS' | 'FAIL' | null;
  defective: boolean;
  good: boolean;
}

/** What is known of each part, by its number or else its frame: reports say it, and so do the answers to its cards. */
function knownParts(cards: Iterable<Card>, reports: readonly ReportEntry[]): Known[] {
  const parts = new Map<string, Known>();
  const partOf = (frameId: string | null, partId: string | null, time: string, line: Known['line']) => {
    const key = partId === null ? `frame ${frameId ?? ''}` : `part ${partId}`;
    const known = parts.get(key) ?? { week: isoWeek(time), line: null, defective: false, good: false };
    known.line ??= line;
    parts.set(key, known);
    return known;
  };
  const silenced = new Map<Known, number>();
  for (const card of cards) {
    const settled = settledOf(card);
    if (settled === undefined) continue;
    const part = partOf(card.frameId, card.partId ?? null, card.time, card.line);
    if (settled.verdict !== 'no defect') part.defective = true;
    else if (card.kind === 'audit') part.good = true;
    else if (card.foundBy === 'primary') {
      // the line failed the part for these findings: it is good when all of them were false
      silenced.set(part, (silenced.get(part) ?? 0) + 1);
      if ((silenced.get(part) ?? 0) >= card.lineFindings) part.good = true;
    }
  }
  for (const { frameId, partId, inspectedAt, at, line, verdict } of reports) {
    const part = partOf(frameId, partId, inspectedAt ?? at, line);
    if (verdict === 'defect') part.defective = true;
    if (verdict === 'good') part.good = true;
  }
  return [...parts.values()];
}

/**
 * Escapes and false alarms by week, as far as people told of them, with intervals.
 *
 * @param days parts of each day, from the part log; weeks that it has forgotten are left out
 */
export function weeklyFigures(
  state: { cards: ReadonlyMap<string, Card>; reports: readonly ReportEntry[] },
  days: readonly DayCount[],
): WeekFigures[] {
  const weeks = new Map<string, { passed: number; failed: number }>();
  for (const { day, passed, failed } of days) {
    const week = isoWeek(`${day}T00:00:00Z`);
    const before = weeks.get(week) ?? { passed: 0, failed: 0 };
    weeks.set(week, { passed: before.passed + passed, failed: before.failed + failed });
  }
  const known = knownParts(state.cards.values(), state.reports);
  const audits = [...state.cards.values()].filter((card) => card.kind === 'audit' && settledOf(card) !== undefined);
  return [...weeks].map(([week, { passed, failed }]) => {
    const ofWeek = known.filter((part) => part.week === week);
    const escaped = ofWeek.filter(({ line, defective }) => line === 'PASS' && defective).length;
    const falselyFailed = ofWeek.filter(({ line, good, defective }) => line === 'FAIL' && good && !defective).length;
    const audited = audits.filter(({ time }) => isoWeek(time) === week);
    const bad = audited.filter((card) => settledOf(card)?.verdict !== 'no defect').length;
    return {
      week,
      passed,
      failed,
      // (a part may have been told of after the log forgot some of its week)
      escapes: clopperPearson(Math.min(escaped, passed), passed),
      falseAlarms: clopperPearson(Math.min(falselyFailed, failed), failed),
      audit: clopperPearson(bad, audited.length),
    };
  });
}
