import type { Detection } from '../../../src/contract/detection';
import type { Model } from '../../../src/shadow/review/card';
import type { OfferedPart } from '../../../src/shadow/review/review-store';

export const CLASS_NAMES = ['open', 'spur'];
export const MODELS = { primary: 'a'.repeat(64), candidate: 'b'.repeat(64) };

/** A finding of one model at a place of its own. */
export function finding(x: number, label = 'spur', foundBy: Model = 'candidate') {
  return { box: { x, y: 10, width: 20, height: 40 }, label, foundBy };
}

export function detection(x: number, confidence = 0.9, label = 'spur'): Detection {
  return { label, classId: CLASS_NAMES.indexOf(label), confidence, box: { x, y: 10, width: 20, height: 40 } };
}

/** A frame as it is offered to a store. */
export function offered(id: string, findings: OfferedPart['findings'], change: Partial<OfferedPart> = {}): OfferedPart {
  return {
    kind: 'disputed',
    image: Buffer.from(`picture ${id}`),
    frame: { id, format: 'jpeg' },
    camera: 'camera 1',
    size: { width: 640, height: 640 },
    models: MODELS,
    classNames: CLASS_NAMES,
    line: 'PASS',
    lineFindings: 0,
    findings,
    seen: { primary: [], candidate: findings.map(({ box, label }) => ({ ...detection(box.x, 0.9, label), box })) },
    ...change,
  };
}
