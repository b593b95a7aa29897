import type { DrawnBox } from '../../src/image/annotate';
import type { Drawing, Renderer } from '../../src/alert/keep/pictures';
import type { InspectionModelNode } from '../inspection-model/inspection-model-node';

const TONE_OF = { PASS: 'good', FAIL: 'bad', NOT_INSPECTED: 'neutral' } as const;

function boxesOf({ verdict }: Drawing): DrawnBox[] {
  return verdict.defects.map(({ box, label, confidence, classId }) => ({
    box,
    label: `${label} ${Math.round(confidence * 100)}%`,
    colour: classId,
  }));
}

/** Draws in the detector process of a model, which has the picture library loaded; undefined without a model. */
export function rendererOf(model: InspectionModelNode | undefined): Renderer | undefined {
  const detector = model?.detector;
  if (detector === undefined) return undefined;
  return async (image, frame, drawing) => {
    const { verdict, maxWidth, quality } = drawing;
    const caption = { text: verdict.verdict.replace('_', ' '), tone: TONE_OF[verdict.verdict] };
    const request = { frame, boxes: boxesOf(drawing), caption, maxWidth, quality };
    const { bytes } = await detector.run('annotate', request, image);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}
