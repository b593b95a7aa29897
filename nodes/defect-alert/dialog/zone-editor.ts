import type { EditorNode } from '../../shared/editor/red';
import type { FlowPart } from '../../shared/upstream';
import type { Caption } from './class-list';
import type { ZoneRow } from './rules-text';
import { ZoneDrawing, type Tool } from './zone-drawing';
import { ZoneList, type NamedZones } from './zone-list';
import { ZonePicture } from './zone-picture';
import { LEAST_CORNERS, type Point } from './zone-shapes';

const ICONS = { rectangle: 'square-o', polygon: 'pencil' } as const;

/** Zones in the dialog: a picture to draw them on, and a list of what each does. */
export class ZoneEditor implements NamedZones {
  readonly element = $('<div id="defect-alert-zones"></div>');
  readonly #caption: Caption;
  readonly #changed: () => void;
  readonly #drawing: ZoneDrawing;
  readonly #list: ZoneList;
  readonly #hint = $('<div style="margin-top: 4px; font-size: 12px; min-height: 2.8em"></div>');
  #zones: ZoneRow[] = [];
  #classes: readonly string[] = [];
  #selected = -1;

  constructor(node: EditorNode, cameras: readonly FlowPart[], changed: () => void) {
    const caption: Caption = (key, values) => node._(`defect-alert.zones.${key}`, values);
    this.#caption = caption;
    this.#changed = changed;
    const tools = $('<span></span>');
    this.#drawing = new ZoneDrawing(this, caption, (tool) => this.#showTool(tool, tools));
    this.#list = new ZoneList(this, caption);
    const picture = new ZonePicture(node, cameras, caption, (width, height) => this.#drawing.resize(width, height));
    for (const tool of ['rectangle', 'polygon'] as const) tools.append(this.#toolButton(tool));
    picture.element.append(this.#drawing.svg);
    this.element.append(
      $('<div style="margin-bottom: 6px"></div>').append(picture.buttons),
      picture.element,
      picture.state,
      $('<div style="margin-top: 6px"></div>').append(tools),
      this.#hint,
      this.#list.element,
    );
    picture.showBlank();
    this.#showTool('none', tools);
  }

  get zones(): readonly ZoneRow[] {
    return this.#zones;
  }

  get selected(): number {
    return this.#selected;
  }

  /** Shows other zones. Those without an area are not drawn, and stay. */
  show(zones: readonly ZoneRow[], classes: readonly string[]): void {
    this.#zones = zones.filter(({ points }) => points.length >= LEAST_CORNERS);
    this.#classes = classes;
    this.#selected = Math.min(this.#selected, this.#zones.length - 1);
    this.#drawing.paint();
    this.#list.show(classes);
  }

  select(index: number): void {
    if (index === this.#selected) return;
    this.#selected = index;
    this.#drawing.paint();
    this.#list.mark();
  }

  reshape(index: number, points: Point[]): void {
    this.#replace(index, { points });
  }

  rename(index: number, change: Partial<Omit<ZoneRow, 'points'>>): void {
    this.#replace(index, change);
  }

  add(points: Point[]): void {
    const names = new Set(this.#zones.map(({ name }) => name));
    let number = this.#zones.length + 1;
    while (names.has(this.#caption('newName', { number }))) number += 1;
    this.#zones = [...this.#zones, { name: this.#caption('newName', { number }), kind: 'include', points, labels: [] }];
    this.#selected = this.#zones.length - 1;
    this.#redraw();
  }

  remove(index: number): void {
    this.#zones = this.#zones.filter((_, at) => at !== index);
    this.#selected = Math.min(this.#selected, this.#zones.length - 1);
    this.#redraw();
    this.#drawing.svg.focus();
  }

  #replace(index: number, change: Partial<ZoneRow>): void {
    this.#zones = this.#zones.map((zone, at) => (at === index ? { ...zone, ...change } : zone));
    this.#drawing.paint();
    this.#changed();
  }

  #redraw(): void {
    this.#drawing.paint();
    this.#list.show(this.#classes);
    this.#changed();
  }

  #toolButton(tool: 'rectangle' | 'polygon'): JQuery {
    return $('<button type="button" class="red-ui-button toggle"></button>')
      .attr({ id: `defect-alert-${tool}`, 'data-tool': tool, 'aria-pressed': 'false' })
      .append(`<i class="fa fa-${ICONS[tool]}"></i> `, $('<span></span>').text(this.#caption(tool)))
      .css('margin-right', '6px')
      .on('click', (event) => {
        // pressed with the keyboard: there is no pointer to draw with
        if (event.detail === 0) this.#drawing.addInMiddle(tool);
        else this.#drawing.use(this.#drawing.tool === tool ? 'none' : tool);
      });
  }

  #showTool(tool: Tool, tools: JQuery): void {
    for (const button of tools.children().toArray()) {
      const isUsed = $(button).attr('data-tool') === tool;
      $(button).toggleClass('selected', isUsed).attr('aria-pressed', String(isUsed));
    }
    this.#hint.text(this.#caption(`${tool}Hint`));
  }
}
