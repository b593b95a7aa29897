import { COUNTS, type ClassRow } from './rules-text';

export type Caption = (key: string, values?: Record<string, string | number>) => string;

/** Columns: class, what it counts as, confidence, width × height. */
const GRID =
  'display: grid; grid-template-columns: minmax(70px, 1fr) 110px 64px 58px 8px 58px; gap: 4px; align-items: center';
const FIELDS = ['minConfidence', 'minWidth', 'minHeight'] as const;
const LIMITS = { minConfidence: { max: 1, step: 0.01 }, minWidth: { step: 1 }, minHeight: { step: 1 } } as const;

/** The list of classes in the dialog: one row each, nothing in it means what is said for all. */
export class ClassList {
  readonly #list: JQuery;
  readonly #caption: Caption;
  readonly #changed: () => void;
  readonly #names = $('<datalist id="defect-alert-class-names"></datalist>');
  /** Rows are being filled in: nothing that a user has changed. */
  #isFilling = false;

  constructor(list: JQuery, caption: Caption, changed: () => void) {
    this.#list = list;
    this.#caption = caption;
    this.#changed = changed;
    list.after(this.#names);
    list.editableList({
      header: this.#header(),
      addButton: caption('add'),
      removable: true,
      sortable: false,
      height: 'auto',
      addItem: (container: JQuery, _index: number, row: Partial<ClassRow>) => this.#addRow(container, row),
      removeItem: () => this.#tell(),
    });
  }

  /** @param known classes that are offered */
  show(rows: readonly ClassRow[], known: readonly string[]): void {
    this.#isFilling = true;
    this.#names.empty().append(known.map((name) => $('<option></option>').val(name)));
    this.#list.editableList('empty');
    for (const row of rows) this.#list.editableList('addItem', row);
    this.#isFilling = false;
  }

  get rows(): ClassRow[] {
    return this.#list
      .editableList('items')
      .toArray()
      .map((item) => {
        const text = (name: string) => String($(item).find(`[data-field="${name}"]`).val() ?? '');
        return {
          label: text('label'),
          counts: text('counts'),
          minConfidence: text('minConfidence'),
          minWidth: text('minWidth'),
          minHeight: text('minHeight'),
        };
      });
  }

  /** What an empty field of each row means. */
  showMeaning(confidence: string, severity: string): void {
    for (const item of this.#list.editableList('items').toArray()) {
      $(item).find('[data-field="minConfidence"]').attr('placeholder', confidence);
      $(item).find('[data-field="counts"] option[value=""]').text(severity);
    }
  }

  #tell(): void {
    if (!this.#isFilling) this.#changed();
  }

  #header(): JQuery {
    const titles = ['class', 'counts', 'confidence', 'size'].map((key) =>
      $('<span></span>')
        .text(this.#caption(key))
        .attr('title', this.#caption(`${key}Tip`)),
    );
    titles[3]?.css('grid-column', 'span 3');
    return $(`<div style="${GRID}; padding: 2px 34px 2px 10px; font-size: 12px; line-height: 1.3"></div>`).append(
      titles,
    );
  }

  #addRow(container: JQuery, row: Partial<ClassRow>): void {
    const caption = this.#caption;
    const label = $('<input type="text" list="defect-alert-class-names" data-field="label" />')
      .val(row.label ?? '')
      .attr({ placeholder: caption('class'), 'aria-label': caption('class') });
    const counts = $('<select data-field="counts"></select>').attr('aria-label', caption('counts'));
    for (const word of COUNTS) {
      $('<option></option>')
        .val(word)
        .text(word === '' ? caption('asOthers') : caption(`as.${word}`))
        .appendTo(counts);
    }
    counts.val(row.counts ?? '');
    const [confidence, width, height] = FIELDS.map((name) =>
      $('<input type="number" min="0" />')
        .attr({ ...LIMITS[name], 'data-field': name, 'aria-label': caption(name) })
        .val(row[name] ?? ''),
    ) as [JQuery, JQuery, JQuery];
    width.attr('placeholder', caption('width'));
    height.attr('placeholder', caption('height'));
    const fields = [label, counts, confidence, width, $('<span>×</span>'), height];
    container.append($(`<div class="defect-alert-class" style="${GRID}"></div>`).append(fields));
    container.find('input, select').css({ width: '100%', minWidth: '0' });
    container.on('input change', () => this.#tell());
    const dim = () => container.find('input[type="number"]').prop('disabled', counts.val() === 'ignore');
    counts.on('change', dim);
    dim();
    // a row that the user has asked for
    if (row.label === undefined) setTimeout(() => label.trigger('focus'), 0);
  }
}
