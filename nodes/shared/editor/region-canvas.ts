/** Widest picture in the dialog, pixels. */
const PREVIEW_WIDTH_PX = 420;

interface Point {
  x: number;
  y: number;
}

/** Shows a picture upright in a canvas; a rectangle drawn into it becomes what the field `region` says: x, y, width, height. */
export class RegionCanvas {
  readonly #canvas: HTMLCanvasElement;
  readonly #region: JQuery;
  readonly #turn: number;
  readonly #image: HTMLImageElement;
  readonly #width: number;
  readonly #height: number;
  readonly #scale: number;
  #from: Point | undefined;

  /** @param turn clockwise, degrees, that makes the picture upright */
  constructor(canvas: HTMLCanvasElement, image: HTMLImageElement, region: JQuery, turn: number) {
    this.#canvas = canvas;
    this.#image = image;
    this.#region = region;
    this.#turn = turn;
    const isSideways = this.#turn % 180 !== 0;
    this.#width = isSideways ? image.height : image.width;
    this.#height = isSideways ? image.width : image.height;
    this.#scale = Math.min(1, PREVIEW_WIDTH_PX / this.#width);
    canvas.width = Math.round(this.#width * this.#scale);
    canvas.height = Math.round(this.#height * this.#scale);
    $(canvas)
      .off('.region-canvas')
      .on('mousedown.region-canvas', (event) => void (this.#from = this.#pointOf(event)))
      .on('mousemove.region-canvas', (event) => this.#draw(this.#pointOf(event)))
      .on('mouseup.region-canvas mouseleave.region-canvas', () => void (this.#from = undefined));
    this.#region.off('.region-canvas').on('change.region-canvas', () => this.#paint());
    this.#paint();
    canvas.style.display = 'block';
  }

  #pointOf({ offsetX = 0, offsetY = 0 }: { offsetX?: number | undefined; offsetY?: number | undefined }): Point {
    const { width, height, clientWidth, clientHeight } = this.#canvas;
    const clip = (value: number, most: number) => Math.min(most, Math.max(0, Math.round(value / this.#scale)));
    return {
      x: clip((offsetX * width) / clientWidth, this.#width),
      y: clip((offsetY * height) / clientHeight, this.#height),
    };
  }

  #draw(to: Point): void {
    const from = this.#from;
    if (from === undefined) return;
    const size = [Math.abs(to.x - from.x), Math.abs(to.y - from.y)];
    if (size.includes(0)) return;
    this.#region.val([Math.min(from.x, to.x), Math.min(from.y, to.y), ...size].join(', ')).trigger('change');
  }

  #paint(): void {
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(1, 0, 0, 1, this.#canvas.width / 2, this.#canvas.height / 2);
    context.rotate((this.#turn * Math.PI) / 180);
    context.scale(this.#scale, this.#scale);
    context.drawImage(this.#image, -this.#image.width / 2, -this.#image.height / 2);
    context.setTransform(this.#scale, 0, 0, this.#scale, 0, 0);
    const [x, y, width, height, ...more] = String(this.#region.val()).split(',').map(Number);
    if (x === undefined || y === undefined || width === undefined || height === undefined || more.length > 0) return;
    if ([x, y, width, height].some(Number.isNaN)) return;
    // what is left out is darkened: shows on any picture, in any theme
    context.beginPath();
    context.rect(0, 0, this.#width, this.#height);
    context.rect(x, y, width, height);
    context.fillStyle = 'rgba(0, 0, 0, 0.6)';
    context.fill('evenodd');
    context.lineWidth = 2 / this.#scale;
    context.strokeStyle = '#fff';
    context.strokeRect(x, y, width, height);
  }
}
