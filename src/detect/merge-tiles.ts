import type { Box, Detection } from '../contract/detection';
import type { Rectangle } from '../contract/frame';
import { iou } from '../kit/box';
import { compareDetections } from './nms';

/** What one tile shows: its findings after NMS, boxes in pixels of the whole picture. */
export interface TileFindings {
  tile: Rectangle;
  detections: readonly Detection[];
}

/** Two findings whose smaller one lies in the other by more than this are one; the default of SAHI's GREEDYNMM. */
const SAME_BY_INNER_SHARE = 0.5;
/** Whole boxes of two classes that overlap by more than this are two names for one thing, unless a tile saw both. */
const SAME_BY_IOU = 0.5;
/** A box that ends so near at the tile's edge may go on behind it; share of the tile's side. 3 px of 640. */
const EDGE_SHARE = 0.005;
/** So many of the best are looked at: a flood must not take seconds. */
const MAX_FINDINGS = 3000;

interface Finding {
  detection: Detection;
  /** Number of its tile. */
  tile: number;
  bounds: Rectangle;
  /** Edges of the tile, inside of the picture, that cut it. */
  cut: { left: boolean; top: boolean; right: boolean; bottom: boolean };
  isCut: boolean;
}

interface Pair {
  a: number;
  b: number;
  overlap: number;
}

/**
 * Makes one list of the findings of tiles that overlap: a defect on a border is one finding.
 *
 * Findings of two tiles are one when the smaller box lies in the larger by more than half (intersection over the smaller area, IoS, as in SAHI:
 * Akyon, Altinuc, Temizel, "Slicing aided hyper inference", ICIP 2022), and they are of one class or a tile's edge cuts one of
 * them: half a defect easily looks like another kind; nor do tiles always call a whole one the same (IoU above a half). So are two pieces that both end at the edge of their tiles and go on in each other.
 * Findings of one tile are never merged: that tile saw two things. Best matches first, so that chains end in the right place.
 *
 * Of whole boxes the surest stays as it is (a cut one gives it nothing but its confidence); pieces are put together to the box
 * around them.
 *
 * @param whole the inspected region: its own edges cut nothing
 * @returns sorted by compareDetections
 */
export function mergeTiles(tiles: readonly TileFindings[], whole: Rectangle): Detection[] {
  const findings = tiles
    .flatMap(({ tile, detections }, index) => detections.map((detection) => findingOf(detection, tile, index, whole)))
    .sort((a, b) => compareDetections(a.detection, b.detection))
    .slice(0, MAX_FINDINGS);
  const groups = findings.map((_, index) => [index]);
  for (const { a, b } of pairsOf(findings)) {
    const [one, other] = [groups[a]!, groups[b]!];
    if (one === other || sharesTile(one, other, findings)) continue;
    one.push(...other);
    for (const member of other) groups[member] = one;
  }
  return [...new Set(groups)].map((group) => merged(group.map((member) => findings[member]!))).sort(compareDetections);
}

function findingOf(detection: Detection, bounds: Rectangle, tile: number, whole: Rectangle): Finding {
  const { box } = detection;
  const [nearX, nearY] = [EDGE_SHARE * bounds.width, EDGE_SHARE * bounds.height];
  const right = bounds.x + bounds.width;
  const bottom = bounds.y + bounds.height;
  const cut = {
    left: bounds.x > whole.x && box.x - bounds.x <= nearX,
    top: bounds.y > whole.y && box.y - bounds.y <= nearY,
    right: right < whole.x + whole.width && right - box.x - box.width <= nearX,
    bottom: bottom < whole.y + whole.height && bottom - box.y - box.height <= nearY,
  };
  return { detection, tile, bounds, cut, isCut: cut.left || cut.top || cut.right || cut.bottom };
}

/** Those that are one thing, the best match first. */
function pairsOf(findings: readonly Finding[]): Pair[] {
  const pairs: Pair[] = [];
  for (const [a, one] of findings.entries()) {
    for (let b = a + 1; b < findings.length; b++) {
      const other = findings[b]!;
      if (one.tile === other.tile || !isSame(one, other)) continue;
      pairs.push({ a, b, overlap: iou(one.detection.box, other.detection.box) });
    }
  }
  return pairs.sort((x, y) => y.overlap - x.overlap || x.a - y.a || x.b - y.b);
}

function isSame(a: Finding, b: Finding): boolean {
  const isOneClass = a.detection.classId === b.detection.classId;
  if (!isOneClass && !a.isCut && !b.isCut) return iou(a.detection.box, b.detection.box) > SAME_BY_IOU;
  if (innerShare(a.detection.box, b.detection.box) > SAME_BY_INNER_SHARE) return true;
  return isOneClass && (goesOn(a, b) || goesOn(b, a));
}

/** Intersection over the smaller area, 0 … 1. */
function innerShare(a: Box, b: Box): number {
  const width = common(a.x, a.width, b.x, b.width);
  const height = common(a.y, a.height, b.y, b.height);
  const smaller = Math.min(a.width * a.height, b.width * b.height);
  return width > 0 && height > 0 && smaller > 0 ? (width * height) / smaller : 0;
}

/** Length that two spans have in common; negative: the gap between them. */
function common(startA: number, lengthA: number, startB: number, lengthB: number): number {
  return Math.min(startA + lengthA, startB + lengthB) - Math.max(startA, startB);
}

/** Whether b is what a looks like behind the right or lower edge of a's tile: both are cut, and they meet side by side. */
function goesOn(a: Finding, b: Finding): boolean {
  const [one, other] = [a.detection.box, b.detection.box];
  const across = common(one.x, one.width, other.x, other.width);
  const down = common(one.y, one.height, other.y, other.height);
  const beside =
    a.cut.right && b.cut.left && across > 0 && down > SAME_BY_INNER_SHARE * Math.min(one.height, other.height);
  const below =
    a.cut.bottom && b.cut.top && down > 0 && across > SAME_BY_INNER_SHARE * Math.min(one.width, other.width);
  return beside || below;
}

function sharesTile(one: readonly number[], other: readonly number[], findings: readonly Finding[]): boolean {
  const tiles = new Set(one.map((member) => findings[member]!.tile));
  return other.some((member) => tiles.has(findings[member]!.tile));
}

function merged(group: readonly Finding[]): Detection {
  const sure = [...group].sort((a, b) => compareDetections(a.detection, b.detection));
  const best = sure[0]!.detection;
  const whole = sure.find(({ isCut }) => !isCut)?.detection;
  if (whole) return { ...whole, confidence: best.confidence };
  return { ...best, box: around(group.map(({ detection }) => detection.box)) };
}

function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}
