import { randomUUID } from 'node:crypto';
import { iou } from '../../kit/box';
import type { Defect } from './defects';
import type { ListedDefect } from './messages';
import type { AlertRules } from './rules';

/** What the defects of one frame mean for the events: lists of defects that carry their eventId. */
export interface EventChanges {
  raised: ListedDefect[];
  stillThere: ListedDefect[];
  cleared: ListedDefect[];
  /** Defects of this frame that are confirmed (k of n), whether new or known. */
  confirmed: ListedDefect[];
}

interface Track {
  id: string;
  defect: Defect;
  /** One entry per frame since the track began, newest last, at most `debounce.frames`: whether it was seen. */
  seen: boolean[];
  missed: number;
  raised: boolean;
  /** On the steady clock. */
  lastToldMs: number;
}

/** More tracks than this are not kept: a model gone wild must not fill the memory. The oldest go first. */
const MAX_TRACKS = 500;

/** As many as can be followed. */
function mostConfident(defects: readonly Defect[]): Defect[] {
  return [...defects].sort((a, b) => b.confidence - a.confidence).slice(0, MAX_TRACKS);
}

/**
 * Follows defects over frames in stream mode. A defect goes on with the track of its class whose box it overlaps most
 * (greedy, best pair first), a track is raised once it was seen in k of the last n frames, and cleared when it was not
 * seen in `clearAfterFrames` frames.
 */
export class EventTracker {
  #tracks: Track[] = [];

  /** Raised and not yet cleared. */
  get open(): number {
    return this.#tracks.filter((track) => track.raised).length;
  }

  update(found: readonly Defect[], rules: AlertRules, steadyMs: number): EventChanges {
    const defects = found.length > MAX_TRACKS ? mostConfident(found) : found;
    const matched = this.#match(defects, rules.events.iou);
    const changes: EventChanges = { raised: [], stillThere: [], cleared: [], confirmed: [] };
    for (const track of this.#tracks) {
      const defect = matched.get(track);
      track.seen = [...track.seen, defect !== undefined].slice(-rules.debounce.frames);
      track.missed = defect === undefined ? track.missed + 1 : 0;
      if (defect !== undefined) track.defect = defect;
      const listed: ListedDefect = { ...track.defect, eventId: track.id };
      if (!track.raised && defect !== undefined && track.seen.filter(Boolean).length >= rules.debounce.hits) {
        track.raised = true;
        track.lastToldMs = steadyMs;
        changes.raised.push(listed);
      } else if (track.raised && defect !== undefined && this.#isDue(track, rules, steadyMs)) {
        track.lastToldMs = steadyMs;
        changes.stillThere.push(listed);
      } else if (track.raised && track.missed >= rules.events.clearAfterFrames) {
        changes.cleared.push(listed);
      }
      if (track.raised && defect !== undefined) changes.confirmed.push(listed);
    }
    this.#tracks = this.#tracks
      .filter((track) => (track.raised ? track.missed < rules.events.clearAfterFrames : track.seen.some(Boolean)))
      .slice(-MAX_TRACKS);
    return changes;
  }

  #isDue(track: Track, rules: AlertRules, steadyMs: number): boolean {
    return rules.events.stillThereMs > 0 && steadyMs - track.lastToldMs >= rules.events.stillThereMs;
  }

  /** Pairs defects with tracks; defects that fit none begin one. */
  #match(defects: readonly Defect[], minOverlap: number): Map<Track, Defect> {
    const byTrack = this.#matchSame(defects);
    const taken = new Set<Defect>(byTrack.values());
    const pairs: { track: Track; defect: Defect; overlap: number }[] = [];
    for (const track of this.#tracks) {
      if (byTrack.has(track)) continue;
      for (const defect of defects) {
        if (defect.label !== track.defect.label || taken.has(defect)) continue;
        const overlap = iou(track.defect.box, defect.box);
        if (overlap > 0 && overlap >= minOverlap) pairs.push({ track, defect, overlap });
      }
    }
    pairs.sort((a, b) => b.overlap - a.overlap);
    for (const { track, defect } of pairs) {
      if (byTrack.has(track) || taken.has(defect)) continue;
      byTrack.set(track, defect);
      taken.add(defect);
    }
    for (const defect of defects) {
      if (taken.has(defect)) continue;
      const track: Track = { id: randomUUID(), defect, seen: [], missed: 0, raised: false, lastToldMs: 0 };
      this.#tracks.push(track);
      byTrack.set(track, defect);
    }
    return byTrack;
  }

  /**
   * Defects whose box has not moved at all go on with their track: no pair is better. Thousands of equal boxes would else be
   * millions of pairs.
   */
  #matchSame(defects: readonly Defect[]): Map<Track, Defect> {
    const keyOf = ({ label, box }: Defect): string => JSON.stringify([label, box.x, box.y, box.width, box.height]);
    const waiting = new Map<string, Defect[]>();
    for (const defect of defects.filter(({ box }) => box.width > 0 && box.height > 0).reverse()) {
      const key = keyOf(defect);
      const same = waiting.get(key);
      if (same === undefined) waiting.set(key, [defect]);
      else same.push(defect);
    }
    const byTrack = new Map<Track, Defect>();
    for (const track of this.#tracks) {
      const defect = waiting.get(keyOf(track.defect))?.pop();
      if (defect !== undefined) byTrack.set(track, defect);
    }
    return byTrack;
  }
}
