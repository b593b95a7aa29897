import type { Caption } from './class-list';
import type { ZoneRow } from './rules-text';
import type { Zones } from './zone-drawing';

/** What the list can do beside what the drawing can. */
export interface NamedZones extends Zones {
  /** Other words for a zone; its corners stay. */
  rename(index: number, change: Partial<Omit<ZoneRow, 'points'>>): void;
}

const ROW =
  'display: grid; grid-template-columns: minmax(70px, 1fr) 118px minmax(90px, 1fr) 28px; gap: 4px; align-items: start; padding: 3px 4px; border-left: 4px solid';

/** The zones by name below the picture: what each does, and for which classes. */
export class ZoneList {
  readonly element = $('<div id="defect-alert-zone-list" style="margin-top: 6px"></div>');
  readonly #zones: NamedZones;
  readonly #caption: Caption;

  constructor(zones: NamedZones, caption: Caption) {
    this.#zones = zones;
    this.#caption = caption;
  }

  /** @param classes that a zone may be for */
  show(classes: readonly string[]): void {
    this.element.empty().append(this.#zones.zones.map((zone, index) => this.#row(zone, index, classes)));
    this.mark();
  }

  /** Marks the zone that is selected in the drawing. */
  mark(): void {
    this.element.children().each((index, row) => {
      const isSelected = index === this.#zones.selected;
      row.style.borderLeftColor = isSelected ? 'var(--red-ui-text-color-link, #0088cc)' : 'transparent';
    });
  }

  #row({ name, kind, labels }: ZoneRow, index: number, classes: readonly string[]): JQuery {
    const caption = this.#caption;
    const zones = this.#zones;
    const title = $('<input type="text" data-field="name" maxlength="64" />')
      .val(name)
      .attr({ placeholder: caption('name'), 'aria-label': caption('name') })
      .on('input', () => zones.rename(index, { name: String(title.val()) }));
    const does = $('<select data-field="kind"></select>').attr('aria-label', caption('does'));
    for (const word of ['include', 'exclude']) $('<option></option>').val(word).text(caption(word)).appendTo(does);
    does.val(kind).on('change', () => zones.rename(index, { kind: String(does.val()) }));
    const remove = $(
      '<button type="button" class="red-ui-button red-ui-button-small"><i class="fa fa-remove"></i></button>',
    )
      .attr({ title: caption('remove'), 'aria-label': caption('remove') })
      .on('click', () => zones.remove(index));
    const fields = [title, does, this.#classes(labels, index, classes), remove];
    const row = $(`<div class="defect-alert-zone" style="${ROW} transparent"></div>`).append(fields);
    row.find('input[type="text"], select').css({ width: '100%', minWidth: '0' });
    return row.on('focusin', () => zones.select(index));
  }

  /** Which classes a zone is for: none ticked means all. */
  #classes(labels: readonly string[], index: number, classes: readonly string[]): JQuery {
    const chosen = new Set(labels);
    const shown = $('<summary style="display: list-item; cursor: pointer"></summary>');
    const say = () => void shown.text(chosen.size === 0 ? this.#caption('allClasses') : [...chosen].join(', '));
    const all = [...classes, ...labels.filter((label) => !classes.includes(label))];
    const boxes = all.map((label) => {
      const box = $('<input type="checkbox" style="width: auto; margin: 0 5px 0 0" />').prop(
        'checked',
        chosen.has(label),
      );
      box.on('change', () => {
        if (box.prop('checked') === true) chosen.add(label);
        else chosen.delete(label);
        say();
        this.#zones.rename(index, { labels: all.filter((name) => chosen.has(name)) });
      });
      return $('<label style="display: block; width: auto; margin: 2px 0"></label>').append(
        box,
        document.createTextNode(label),
      );
    });
    const list = $('<div style="max-height: 130px; overflow: auto; padding: 2px 0 2px 14px"></div>').append(
      boxes.length > 0 ? boxes : $('<i></i>').text(this.#caption('noClasses')),
    );
    say();
    return $('<details class="defect-alert-zone-classes" style="padding-top: 6px"></details>').append(shown, list);
  }
}
