import { defineEditor } from '../shared/editor/define-editor';
import type { Dialog } from '../shared/editor/dialog';
import { RegionCanvas } from '../shared/editor/region-canvas';
import { YOLO_INT8_DETECT } from './properties';

/** Keeps the last picture as reference and lets a person draw the part into it. */
async function teach({ node, field }: Dialog, result: JQuery, canvas: HTMLCanvasElement): Promise<void> {
  const say = (key: string) => void result.text(node._(`yolo-int8-detect.teach.${key}`));
  say('waiting');
  canvas.style.display = 'none';
  try {
    const url = `yolo-int8-detect/${encodeURIComponent(node.id)}/reference`;
    const { path, image: source } = (await $.ajax({ url, method: 'POST' })) as { path: string; image: string };
    field('reference').val(path).trigger('change');
    const image = new Image();
    image.onload = () => {
      new RegionCanvas(canvas, image, field('part'), 0);
      say('draw');
    };
    image.src = source;
  } catch (failure) {
    const { responseJSON } = failure as { responseJSON?: { error?: string } };
    result.text(responseJSON?.error ?? node._('yolo-int8-detect.teach.failed'));
  }
}

function addTeaching(dialog: Dialog): void {
  const { node, row } = dialog;
  const result = $('<span id="yolo-int8-detect-teach-result" role="status" style="margin-left: 8px"></span>');
  const canvas = document.createElement('canvas');
  canvas.id = 'yolo-int8-detect-teach-picture';
  canvas.style.cssText = 'display: none; margin-top: 8px; max-width: 100%; cursor: crosshair';
  const button = $('<button type="button" class="red-ui-button" id="yolo-int8-detect-teach"></button>')
    .append('<i class="fa fa-graduation-cap"></i> ', $('<span></span>').text(node._('yolo-int8-detect.teach.button')))
    .on('click', () => void teach(dialog, result, canvas));
  // in the row of the reference, which is shown with it only
  row('reference').append($('<div style="margin: 6px 0 0 105px"></div>').append(button, result, canvas));
}

defineEditor(YOLO_INT8_DETECT, { color: '#E2D96E', prepare: addTeaching });
