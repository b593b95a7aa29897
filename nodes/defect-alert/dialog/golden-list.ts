import type { Dialog } from '../../shared/editor/dialog';

/** A known defect as the flow stores it: what was typed. */
interface DefectRow {
  label?: string;
  count?: string | number;
  box?: string;
}

/** A golden sample as the flow stores it. */
interface SampleRow {
  name?: string;
  verdict?: string;
  defects?: DefectRow[];
  others?: boolean;
}

type Caption = (key: string) => string;

function textField(value: string | number, placeholder: string, width: string, name: string): JQuery {
  return $('<input type="text">')
    .val(value)
    .attr({ placeholder, 'aria-label': placeholder, 'data-field': name })
    .css({ width, marginRight: '4px' });
}

/** One row of a sample's known defects: class, how many, where. */
function defectRow(caption: Caption, { label = '', count = '', box = '' }: DefectRow): JQuery {
  return $('<div class="golden-defect" style="margin: 4px 0 0 24px; white-space: nowrap"></div>').append(
    textField(label, caption('class'), '28%', 'label'),
    textField(count, caption('count'), '60px', 'count'),
    textField(box, caption('box'), '40%', 'box'),
    $('<button type="button" class="red-ui-button red-ui-button-small"><i class="fa fa-remove"></i></button>')
      .attr('title', caption('removeDefect'))
      .on('click', (event) => void $(event.currentTarget).parent().remove()),
  );
}

/** One golden sample: its name and verdict, and when it fails what is known to be on it. */
function sampleRow(caption: Caption, container: JQuery, sample: SampleRow): void {
  const verdict = $('<select data-field="verdict" style="width: 110px"></select>').append(
    $('<option value="PASS"></option>').text(caption('passes')),
    $('<option value="FAIL"></option>').text(caption('fails')),
  );
  const defects = $('<div class="golden-defects"></div>');
  const others = $('<input type="checkbox" data-field="others" style="width: auto; margin: 0 4px 0 0">');
  others.prop('checked', sample.others === true);
  const add = $('<button type="button" class="red-ui-button red-ui-button-small"><i class="fa fa-plus"></i> </button>')
    .append(document.createTextNode(caption('addDefect')))
    .on('click', () => void defects.append(defectRow(caption, {})));
  const othersLabel = $('<label style="display: inline-block; width: auto; margin: 0 0 0 12px"></label>').append(
    others,
    document.createTextNode(caption('others')),
  );
  const known = $('<div></div>').append(
    defects,
    $('<div style="margin: 6px 0 0 24px"></div>').append(add, othersLabel),
  );
  for (const defect of sample.defects ?? []) defects.append(defectRow(caption, defect));
  container.append(
    $('<div></div>').append(textField(sample.name ?? '', caption('name'), '50%', 'name'), verdict),
    known,
  );
  verdict
    .val(sample.verdict === 'PASS' ? 'PASS' : 'FAIL')
    .on('change', () => void known.toggle(verdict.val() === 'FAIL'));
  known.toggle(verdict.val() === 'FAIL');
}

function textIn(within: JQuery, name: string): string {
  return String(within.find(`[data-field="${name}"]`).val() ?? '').trim();
}

function sampleIn(item: JQuery): SampleRow {
  const isFail = textIn(item, 'verdict') === 'FAIL';
  const defects = item
    .find('.golden-defect')
    .toArray()
    .map((row) => ({
      label: textIn($(row), 'label'),
      count: textIn($(row), 'count'),
      box: textIn($(row), 'box'),
    }));
  return {
    name: textIn(item, 'name'),
    verdict: isFail ? 'FAIL' : 'PASS',
    // a part that passes has none: what was typed before the verdict was changed goes
    defects: isFail ? defects : [],
    others: isFail && item.find('[data-field="others"]').prop('checked') === true,
  };
}

/** Shows the golden samples as a list that can be edited. */
export function addGoldenList(dialog: Dialog): void {
  const { node, list, field, provide, stored, changed } = dialog;
  const caption = (key: string) => node._(`defect-alert.golden.${key}`);
  const samples = list('goldenSamples');
  samples.editableList({
    addButton: caption('addSample'),
    removable: true,
    sortable: true,
    height: 'auto',
    addItem: (container: JQuery, _index: number, sample: SampleRow) => {
      sampleRow(caption, container, sample);
      // the list counts the row only after this
      setTimeout(changed, 0);
    },
    removeItem: () => {
      if (samples.editableList('length') === 0) field('goldenSchedule').val('');
      changed();
    },
  });
  const saved = stored('goldenSamples');
  for (const sample of (Array.isArray(saved) ? saved : []) as SampleRow[]) samples.editableList('addItem', sample);
  provide('goldenSamples', () =>
    samples
      .editableList('items')
      .toArray()
      .map((item) => sampleIn($(item))),
  );
  changed();
}
