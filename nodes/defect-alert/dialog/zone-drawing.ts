import type { Caption } from './class-list';
import type { ZoneRow } from './rules-text';
import {
  hasArea,
  LEAST_CORNERS,
  moveAll,
  moveCorner,
  pointAt,
  rectangle,
  removeCorner,
  splitEdge,
} from './zone-shapes';
import type { Point } from './zone-shapes';

export type Tool = 'none' | 'rectangle' | 'polygon';

/** What is drawn, and who is told of changes. */
export interface Zones {
  readonly zones: readonly ZoneRow[];
  readonly selected: number;
  select(index: number): void;
  /** Other corners for a zone. */
  reshape(index: number, points: Point[]): void;
  add(points: Point[]): void;
  remove(index: number): void;
}

const SVG = 'http://www.w3.org/2000/svg';
/** Not by colour alone: what is left out is dashed and hatched too. */
const LOOK = {
  include: { stroke: '#2ca02c', fill: 'rgba(44, 160, 44, 0.18)', dash: 'none' },
  exclude: { stroke: '#d62728', fill: 'url(#defect-alert-hatch)', dash: '6 4' },
} as const;
/** A click this near to the first corner closes a polygon; fraction of the picture. */
const CLOSE = 0.025;
const ARROWS: Record<string, Point> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

type Attributes = Record<string, string | number>;

function shape(name: string, attributes: Attributes, text?: string): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Zones over a picture, drawn and changed with the mouse, a finger or the keyboard. */
export class ZoneDrawing {
  readonly svg = shape('svg', { id: 'defect-alert-drawing', tabindex: 0, role: 'group' }) as SVGSVGElement;
  readonly #zones: Zones;
  readonly #caption: Caption;
  readonly #toolChanged: (tool: Tool) => void;
  #tool: Tool = 'none';
  /** Corners of what is being drawn; of a rectangle the one it was begun at. */
  #draft: Point[] = [];
  #pointer: Point | undefined;
  #drag: { zone: number; corner: number; from: Point; points: Point[] } | undefined;
  #size = { width: 1, height: 1 };

  constructor(zones: Zones, caption: Caption, toolChanged: (tool: Tool) => void) {
    this.#zones = zones;
    this.#caption = caption;
    this.#toolChanged = toolChanged;
    const { svg } = this;
    svg.setAttribute('aria-label', caption('drawing'));
    svg.style.cssText = 'position: absolute; inset: 0; width: 100%; height: 100%; touch-action: none';
    svg.addEventListener('pointerdown', (event) => this.#down(event));
    svg.addEventListener('pointermove', (event) => this.#move(event));
    svg.addEventListener('pointerup', (event) => this.#up(event));
    svg.addEventListener('dblclick', () => this.#close());
    svg.addEventListener('keydown', (event) => this.#key(event));
    svg.addEventListener('focusin', (event) => this.#focused(event.target as Element));
  }

  get tool(): Tool {
    return this.#tool;
  }

  use(tool: Tool): void {
    this.#tool = tool;
    this.#draft = [];
    this.svg.style.cursor = tool === 'none' ? 'default' : 'crosshair';
    this.#toolChanged(tool);
    this.paint();
  }

  /** For whoever draws by keyboard: a shape to be moved, focused. */
  addInMiddle(tool: Tool): void {
    const diamond: Point[] = [
      [0.5, 0.25],
      [0.75, 0.5],
      [0.5, 0.75],
      [0.25, 0.5],
    ];
    this.#zones.add(tool === 'polygon' ? diamond : rectangle([0.25, 0.25], [0.75, 0.75]));
    this.#focus(`${this.#zones.selected}`);
  }

  resize(width: number, height: number): void {
    this.#size = { width, height };
    this.svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.paint();
  }

  paint(): void {
    const active = this.svg.contains(document.activeElement) ? document.activeElement?.getAttribute('data-key') : null;
    this.svg.replaceChildren(this.#hatch());
    const { zones, selected } = this.#zones;
    zones.forEach((zone, index) => this.#paintZone(zone, index, index === selected));
    this.#paintDraft();
    if (active) this.#focus(active);
  }

  #focus(key: string): void {
    this.svg.querySelector<SVGElement>(`[data-key="${key}"]`)?.focus();
  }

  #scaled([x, y]: Point): Point {
    return [x * this.#size.width, y * this.#size.height];
  }

  #list(points: readonly Point[]): string {
    return points.map((point) => this.#scaled(point).join(',')).join(' ');
  }

  #hatch(): SVGElement {
    const pattern = shape('pattern', {
      id: 'defect-alert-hatch',
      width: 8,
      height: 8,
      patternUnits: 'userSpaceOnUse',
      patternTransform: 'rotate(45)',
    });
    pattern.append(
      shape('rect', { width: 8, height: 8, fill: 'rgba(214, 39, 40, 0.12)' }),
      shape('rect', { width: 2, height: 8, fill: 'rgba(214, 39, 40, 0.45)' }),
    );
    const definitions = shape('defs', {});
    definitions.append(pattern);
    return definitions;
  }

  #paintZone({ name, kind, points }: ZoneRow, index: number, isSelected: boolean): void {
    const { stroke, fill, dash } = LOOK[kind === 'exclude' ? 'exclude' : 'include'];
    const common = { 'data-zone': index, tabindex: 0, role: 'button' };
    const area = {
      ...common,
      points: this.#list(points),
      fill,
      stroke,
      'stroke-dasharray': dash,
      'stroke-width': isSelected ? 3 : 1.5,
      'data-key': index,
      'aria-label': this.#caption('zoneLabel', { name, kind: this.#caption(kind) }),
    };
    const polygon = shape('polygon', area);
    // a light edge below the coloured one: it shows on a green board too
    const edge = { points: area.points, fill: 'none', stroke: '#fff', 'stroke-opacity': 0.75 };
    this.svg.append(shape('polygon', { ...edge, 'stroke-width': isSelected ? 6 : 4, 'pointer-events': 'none' }));
    polygon.style.cursor = this.#tool === 'none' ? 'move' : 'crosshair';
    const [x, y] = this.#scaled(points[0] ?? [0, 0]);
    const title = { x: x + 6, y: y + 16, 'font-size': 12, fill: '#fff', stroke: '#000', 'stroke-width': 3 };
    const label = shape('text', { ...title, 'paint-order': 'stroke', 'pointer-events': 'none' }, name);
    this.svg.append(polygon, label);
    if (!isSelected || this.#tool !== 'none') return;
    points.forEach((point, corner) => {
      const [cx, cy] = this.#scaled(point);
      const [across, down] = point.map((part) => Math.round(part * 100)) as Point;
      const text = this.#caption('cornerLabel', { number: corner + 1, name, across, down });
      const handle = { cx, cy, r: 6, fill: '#fff', stroke, 'stroke-width': 2, 'data-corner': corner };
      const dot = shape('circle', { ...common, ...handle, 'data-key': `${index}-${corner}`, 'aria-label': text });
      dot.style.cursor = 'grab';
      this.svg.append(dot);
    });
  }

  #paintDraft(): void {
    const [first] = this.#draft;
    if (first === undefined) return;
    const here = this.#pointer ?? first;
    const points = this.#tool === 'rectangle' ? rectangle(first, here) : [...this.#draft, here];
    const look = { points: this.#list(points), fill: 'rgba(255, 255, 255, 0.2)', stroke: '#fff', 'stroke-width': 2 };
    this.svg.append(shape('polygon', { ...look, 'stroke-dasharray': '3 3', 'pointer-events': 'none' }));
    for (const [cx, cy] of this.#draft.map((point) => this.#scaled(point))) {
      this.svg.append(shape('circle', { cx, cy, r: 4, fill: '#fff', stroke: '#000', 'pointer-events': 'none' }));
    }
  }

  #pointOf({ clientX, clientY }: PointerEvent): Point {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    return pointAt((clientX - left) / width, (clientY - top) / height);
  }

  #down(event: PointerEvent): void {
    const point = this.#pointOf(event);
    if (this.#tool === 'polygon') {
      this.#addCorner(point);
    } else if (this.#tool === 'rectangle') {
      this.#draft = [point];
      this.svg.setPointerCapture(event.pointerId);
    } else {
      const target = event.target as Element;
      const zone = target.getAttribute('data-zone');
      if (zone === null) return;
      const corner = target.getAttribute('data-corner');
      const points = this.#zones.zones[Number(zone)]?.points ?? [];
      this.#drag = { zone: Number(zone), corner: corner === null ? -1 : Number(corner), from: point, points };
      this.#zones.select(Number(zone));
      this.#focus(corner === null ? zone : `${zone}-${corner}`);
      this.svg.setPointerCapture(event.pointerId);
      event.preventDefault();
    }
  }

  #move(event: PointerEvent): void {
    this.#pointer = this.#pointOf(event);
    const drag = this.#drag;
    if (drag !== undefined) {
      const [dx, dy] = [this.#pointer[0] - drag.from[0], this.#pointer[1] - drag.from[1]];
      const { zone, corner, points } = drag;
      this.#zones.reshape(zone, corner < 0 ? moveAll(points, dx, dy) : moveCorner(points, corner, dx, dy));
    } else if (this.#draft.length > 0) this.paint();
  }

  #up(event: PointerEvent): void {
    this.#drag = undefined;
    const [first] = this.#draft;
    if (this.#tool === 'rectangle' && first !== undefined) this.#finish(rectangle(first, this.#pointOf(event)));
  }

  /** One more corner of the polygon; on the first one, it is closed. */
  #addCorner(point: Point): void {
    const isNear = (other: Point | undefined) =>
      other !== undefined && Math.abs(other[0] - point[0]) < CLOSE && Math.abs(other[1] - point[1]) < CLOSE;
    if (this.#draft.length >= LEAST_CORNERS && isNear(this.#draft[0])) this.#close();
    // the second click of a double click
    else if (!isNear(this.#draft.at(-1))) this.#draft = [...this.#draft, point];
    this.#pointer = point;
    this.paint();
  }

  #close(): void {
    if (this.#tool === 'polygon' && this.#draft.length >= LEAST_CORNERS) this.#finish(this.#draft);
  }

  #finish(points: Point[]): void {
    this.#draft = [];
    if (!hasArea(points)) {
      this.paint();
      return;
    }
    this.use('none');
    this.#zones.add(points);
    this.#focus(`${this.#zones.selected}`);
  }

  #focused(target: Element): void {
    const zone = target.getAttribute('data-zone');
    if (zone !== null && Number(zone) !== this.#zones.selected) this.#zones.select(Number(zone));
  }

  #key(event: KeyboardEvent): void {
    const isDone = this.#tool === 'none' ? this.#keyOnZone(event) : this.#keyWhileDrawing(event.key);
    if (!isDone) return;
    // the editor has shortcuts of its own for these
    event.preventDefault();
    event.stopPropagation();
  }

  #keyWhileDrawing(key: string): boolean {
    if (key === 'Escape') this.use('none');
    else if (key === 'Enter') this.#close();
    else if (key === 'Backspace') this.#draft = this.#draft.slice(0, -1);
    else return false;
    this.paint();
    return true;
  }

  #keyOnZone({ key, target, shiftKey }: KeyboardEvent): boolean {
    const zone = Number((target as Element).getAttribute('data-zone') ?? -1);
    const points = this.#zones.zones[zone]?.points;
    if (points === undefined) return false;
    const corner = Number((target as Element).getAttribute('data-corner') ?? -1);
    const arrow = ARROWS[key];
    if (arrow !== undefined) {
      const step = shiftKey ? 0.05 : 0.01;
      const [dx, dy] = [arrow[0] * step, arrow[1] * step];
      this.#zones.reshape(zone, corner < 0 ? moveAll(points, dx, dy) : moveCorner(points, corner, dx, dy));
    } else if (key === 'Delete' || key === 'Backspace') {
      if (corner < 0) this.#zones.remove(zone);
      else this.#zones.reshape(zone, removeCorner(points, corner));
    } else if (key === 'Insert' || key === '+') {
      this.#zones.reshape(zone, splitEdge(points, Math.max(0, corner)));
    } else return false;
    return true;
  }
}
