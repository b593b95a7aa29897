import { defineEditor } from '../shared/editor/define-editor';
import type { Dialog } from '../shared/editor/dialog';
import { CAMERA_IN } from './properties';
import { addControls } from './controls-list';
import { reasonOf } from './reason';
import { RegionCanvas } from '../shared/editor/region-canvas';

interface TestPicture {
  frame: { width: number; height: number; format: string };
  image: string;
  tookMs: number;
}

interface Found {
  source: string;
  device: string;
  label: string;
}

function loadImage(source: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error('not shown'));
    image.src = source;
  });
}

/** Takes one picture with what is in the dialog, deployed or not, and shows it. */
async function testCamera(dialog: Dialog, result: JQuery, canvas: HTMLCanvasElement): Promise<void> {
  const { node, field, values } = dialog;
  result.text(node._('camera-in.test.waiting'));
  canvas.style.display = 'none';
  const { wires: _wires, _def, _, ...rest } = values();
  const data = JSON.stringify(
    Object.fromEntries(Object.entries(rest).filter(([name]) => name === 'id' || name in CAMERA_IN.table)),
  );
  let answer: TestPicture;
  try {
    answer = (await $.ajax({
      url: 'camera-in/test',
      method: 'POST',
      contentType: 'application/json',
      data,
    })) as TestPicture;
  } catch (failure) {
    result.text(reasonOf(failure));
    return;
  }
  const { width, height, format } = answer.frame;
  result.text(`${width} × ${height}, ${format}, ${answer.tookMs} ms. ${node._('camera-in.test.draw')}`);
  try {
    const image = await loadImage(answer.image);
    const show = () => void new RegionCanvas(canvas, image, field('region'), Number(field('rotate').val()) || 0);
    field('rotate').off('.camera-in').on('change.camera-in', show);
    show();
  } catch {
    result.text(node._('camera-in.test.not-shown', { format }));
  }
}

/** Offers the cameras that are there; a click takes one. */
async function searchCameras({ node, field }: Dialog, found: JQuery, options: JQuery): Promise<void> {
  found.text(node._('camera-in.test.searching'));
  options.empty();
  try {
    const cameras = (await $.getJSON('camera-in/cameras')) as Found[];
    const fitting = cameras.filter(({ source }) => source === field('source').val());
    found.text(fitting.length === 0 ? node._('camera-in.test.none-found') : '');
    for (const { device, label } of fitting) {
      $('<option></option>').val(device).text(label).appendTo(options);
      $('<button type="button" class="red-ui-button red-ui-button-small" style="margin-top: 4px"></button>')
        .text(label)
        .on('click', () => void field('device').val(device).trigger('change'))
        .appendTo(found);
    }
  } catch (failure) {
    found.text(reasonOf(failure));
  }
}

function addSearch(dialog: Dialog): void {
  const { node, field, row } = dialog;
  const options = $('<datalist id="camera-in-devices"></datalist>');
  const found = $('<div id="camera-in-found" style="margin-left: 105px"></div>');
  const button = $('<button type="button" class="red-ui-button" id="camera-in-search"></button>')
    .append('<i class="fa fa-search"></i> ', $('<span></span>').text(node._('camera-in.button.search')))
    .on('click', () => void searchCameras(dialog, found, options));
  field('device').attr('list', 'camera-in-devices');
  row('device').append(options, ' ', button, found);
}

function addTest(dialog: Dialog): void {
  const { node, row } = dialog;
  const result = $('<span id="camera-in-test-result" role="status" style="margin-left: 8px"></span>');
  const canvas = document.createElement('canvas');
  canvas.id = 'camera-in-test-picture';
  canvas.style.cssText = 'display: none; margin-top: 8px; max-width: 100%; cursor: crosshair';
  const button = $('<button type="button" class="red-ui-button" id="camera-in-test"></button>')
    .append('<i class="fa fa-eye"></i> ', $('<span></span>').text(node._('camera-in.button.test')))
    .on('click', () => void testCamera(dialog, result, canvas));
  $('<div class="form-row"></div>').append(button, result, canvas).insertAfter(row('maxSize'));
}

interface Measured {
  shutter: number;
  gain: number;
  redGain?: number;
  blueGain?: number;
  lensPosition?: number;
}

/** Lets the camera's automatic choose once, and fixes what it chose. */
async function measureExposure({ node, field, values }: Dialog, result: JQuery): Promise<void> {
  result.text(node._('camera-in.exposure.waiting'));
  const { source, device, width, height, hdr, tuningFile, sensorRegion } = values();
  try {
    const measured = (await $.ajax({
      url: 'camera-in/exposure',
      method: 'POST',
      contentType: 'application/json',
      data: JSON.stringify({ source, device, width, height, hdr, tuningFile, sensorRegion }),
    })) as Measured;
    const { shutter, gain, redGain, blueGain, lensPosition } = measured;
    const fixed: Record<string, string | number> = {
      shutter,
      gain,
      ...(redGain === undefined || blueGain === undefined ? {} : { whiteBalance: 'fixed', redGain, blueGain }),
      ...(lensPosition === undefined ? {} : { focus: 'manual', lensPosition }),
    };
    for (const [name, value] of Object.entries(fixed)) field(name).val(value).trigger('change');
    result.text(node._('camera-in.exposure.done', { shutter: String(shutter), gain: String(gain) }));
  } catch (failure) {
    result.text(reasonOf(failure));
  }
}

function addMeasure(dialog: Dialog): void {
  const { node, row } = dialog;
  const result = $('<span id="camera-in-exposure-result" role="status" style="margin-left: 8px"></span>');
  const button = $('<button type="button" class="red-ui-button" id="camera-in-exposure"></button>')
    .append('<i class="fa fa-balance-scale"></i> ', $('<span></span>').text(node._('camera-in.button.exposure')))
    .on('click', () => void measureExposure(dialog, result));
  const hint = $('<div class="form-tips" style="margin-top: 4px"></div>').text(node._('camera-in.exposure.hint'));
  // in the row of a field of the Pi camera, which is shown with it only
  row('shutter').append($('<div style="margin: 6px 0 0 105px"></div>').append(button, result, hint));
}

/** The field shows an address of the kind that is wanted. */
function followSource({ field }: Dialog): void {
  const source = field('source');
  const show = () =>
    void field('url').attr(
      'placeholder',
      source.val() === 'rtsp' ? 'rtsp://192.168.1.64:554/stream1' : 'http://192.168.1.64/snapshot.jpg',
    );
  source.on('change', show);
  show();
}

defineEditor(CAMERA_IN, {
  color: '#8FB8DE',
  label: (node) =>
    node._(
      `camera-in.source.${typeof node.source === 'string' ? node.source : String(CAMERA_IN.table.source.default)}`,
    ),
  prepare(dialog) {
    followSource(dialog);
    addSearch(dialog);
    addMeasure(dialog);
    addControls(dialog);
    addTest(dialog);
  },
});
