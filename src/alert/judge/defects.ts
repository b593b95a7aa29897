import type { Box, Detection } from '../../contract/detection';
import { expected } from '../../contract/errors';
import { plainText } from './names';
import type { AlertRules, ClassRule, Severity, Zone } from './rules';

/** A detection that counts under the rules. */
export interface Defect extends Omit<Detection, 'reference'> {
  severity: Severity;
}

export interface ImageSize {
  width: number;
  height: number;
}

/**
 * Whether a point is inside a polygon (even-odd rule, W. R. Franklin's crossing test). A point on a left or upper edge
 * is inside, on a right or lower edge outside, so that two zones that touch never both hold it.
 */
export function insidePolygon(points: readonly (readonly [number, number])[], x: number, y: number): boolean {
  let inside = false;
  let previous = points[points.length - 1];
  for (const point of points) {
    if (previous !== undefined && point[1] > y !== previous[1] > y) {
      const crossingX = ((previous[0] - point[0]) * (y - point[1])) / (previous[1] - point[1]) + point[0];
      if (x < crossingX) inside = !inside;
    }
    previous = point;
  }
  return inside;
}

function inZone(zone: Zone, box: Box, image: ImageSize): boolean {
  return insidePolygon(zone.points, (box.x + box.width / 2) / image.width, (box.y + box.height / 2) / image.height);
}

function zonesAllow(zones: Zone[], label: string, box: Box, image: ImageSize): boolean {
  const concerned = zones.filter((zone) => zone.labels === undefined || zone.labels.includes(label));
  if (concerned.some((zone) => zone.kind === 'exclude' && inZone(zone, box, image))) return false;
  const included = concerned.filter((zone) => zone.kind === 'include');
  return included.length === 0 || included.some((zone) => inZone(zone, box, image));
}

function largeEnough(rule: ClassRule, box: Box): boolean {
  return (
    box.width >= (rule.minWidth ?? 0) &&
    box.height >= (rule.minHeight ?? 0) &&
    box.width * box.height >= (rule.minArea ?? 0)
  );
}

/**
 * The detections that are defects under the rules: class, confidence, size and zone, in that order.
 *
 * @param image size of the upright source image, pixels; only zones need it
 */
export function findDefects(detections: readonly Detection[], rules: AlertRules, image?: ImageSize): Defect[] {
  const defects: Defect[] = [];
  for (const detection of detections) {
    const label = plainText(detection.label) || 'unnamed';
    const rule = Object.hasOwn(rules.classes, label) ? (rules.classes[label] as ClassRule) : {};
    if (rule.ignore === true) continue;
    if (detection.confidence < (rule.minConfidence ?? rules.minConfidence)) continue;
    if (!largeEnough(rule, detection.box)) continue;
    if (rules.zones.length > 0) {
      // Without the size nobody can say where the defect is; passing the part would be a guess.
      if (image === undefined) throw expected('the image size', 'msg.inference.image', undefined);
      if (!zonesAllow(rules.zones, label, detection.reference ?? detection.box, image)) continue;
    }
    const { classId, confidence, box } = detection;
    defects.push({
      label,
      classId: classId ?? -1,
      confidence,
      box: { x: box.x, y: box.y, width: box.width, height: box.height },
      severity: rule.severity ?? rules.severity,
    });
  }
  return defects;
}
