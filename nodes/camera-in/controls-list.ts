import { parseV4l2Settings } from '../../src/camera/controls/v4l2-settings';
import type { Dialog } from '../shared/editor/dialog';
import { reasonOf } from './reason';

interface Control {
  name: string;
  kind: string;
  min?: number;
  max?: number;
  value?: number;
  isInactive: boolean;
  choices?: Record<string, string>;
}

/** What the field says now; unreadable text counts as nothing. */
function settingsIn(field: JQuery): Map<string, number> {
  try {
    return new Map(parseV4l2Settings(field.val()));
  } catch {
    return new Map();
  }
}

function set(field: JQuery, name: string, value: string): void {
  const settings = settingsIn(field);
  if (value === '') settings.delete(name);
  else settings.set(name, Number(value));
  field.val([...settings].map(([key, number]) => `${key}=${number}`).join(', ')).trigger('change');
}

function inputOf({ kind, min, max, choices, value }: Control, chosen: number | undefined): JQuery {
  if (choices === undefined && kind !== 'bool') {
    const input = $('<input type="number" style="width: 110px">');
    for (const [name, number] of Object.entries({ min, max, placeholder: value })) {
      if (number !== undefined) input.attr(name, String(number));
    }
    return input.val(chosen ?? '');
  }
  const select = $('<select style="width: 160px"></select>').append($('<option value=""></option>').text('–'));
  for (const [number, words] of Object.entries(choices ?? { 0: '0', 1: '1' })) {
    $('<option></option>').val(number).text(words).appendTo(select);
  }
  return select.val(chosen === undefined ? '' : String(chosen));
}

/** Words for 'a person decides' in the menus of uvcvideo. */
const MANUAL = /manual/i;

/** Everything as it is now, and what rules by itself off. */
function fixed(controls: Control[]): string {
  return controls
    .flatMap(({ name, kind, value, choices }) => {
      if (value === undefined) return [];
      if (!/(^|_)auto(matic)?(_|$)/.test(name)) return [`${name}=${value}`];
      const manual = Object.entries(choices ?? {}).find(([, words]) => MANUAL.test(words))?.[0];
      const off = manual ?? (kind === 'bool' ? '0' : undefined);
      return off === undefined ? [] : [`${name}=${off}`];
    })
    .join(', ');
}

/** One row per control that the camera has; what is entered there stands in the field, which is what is saved. */
function show(list: JQuery, controls: Control[], dialog: Dialog): void {
  const { node, field } = dialog;
  const text = field('controls');
  list.empty();
  if (controls.length === 0) {
    list.text(node._('camera-in.exposure.controls-none'));
    return;
  }
  const chosen = settingsIn(text);
  for (const control of controls) {
    const { name, min, max, value, isInactive } = control;
    const input = inputOf(control, chosen.get(name)).attr('aria-label', name);
    input.on('change', () => set(text, name, String(input.val() ?? '')));
    const range = min === undefined || max === undefined ? '' : ` ${min} … ${max}`;
    const now = value === undefined ? '' : ` (${value})`;
    const ruled = isInactive ? ` ${node._('camera-in.exposure.automatic')}` : '';
    $('<div style="margin-top: 2px"></div>')
      .append($('<span style="display: inline-block; width: 230px; overflow-wrap: anywhere"></span>').text(name))
      .append(input, $('<small></small>').text(range + now + ruled))
      .appendTo(list);
  }
  $('<button type="button" class="red-ui-button red-ui-button-small" id="camera-in-fix-controls"></button>')
    .text(node._('camera-in.button.fix-controls'))
    .on('click', () => {
      text.val(fixed(controls)).trigger('change');
      show(list, controls, dialog);
    })
    .appendTo(list);
}

/** The controls that the USB camera of the dialog has, to be set there. */
export function addControls(dialog: Dialog): void {
  const { node, field, row } = dialog;
  const list = $('<div id="camera-in-controls-list" style="margin: 6px 0 0 105px"></div>');
  async function ask(): Promise<void> {
    list.text('…');
    try {
      const url = `camera-in/controls?device=${encodeURIComponent(String(field('device').val() ?? ''))}`;
      show(list, (await $.getJSON(url)) as Control[], dialog);
    } catch (failure) {
      list.text(reasonOf(failure));
    }
  }
  const button = $('<button type="button" class="red-ui-button" id="camera-in-controls"></button>')
    .append('<i class="fa fa-list"></i> ', $('<span></span>').text(node._('camera-in.button.controls')))
    .on('click', () => void ask());
  row('controls').append($('<div style="margin: 6px 0 0 105px"></div>').append(button), list);
}
