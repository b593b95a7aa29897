import type { EditorNode } from '../../shared/editor/red';
import type { FlowPart } from '../../shared/upstream';
import type { Caption } from './class-list';

/** Widest picture in the dialog, pixels. */
const WIDTH_PX = 440;
/** Before there is a picture: a usual shape. */
const BLANK = { width: WIDTH_PX, height: (WIDTH_PX * 3) / 4 };

interface Picture {
  frame: { format: string };
  /** A data url. */
  image: string;
}

function loadImage(source: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Error('not shown'));
    image.src = source;
  });
}

/** The newest picture of a camera, with the properties that it has in the editor; upright, as it is inspected. */
async function pictureOf(camera: FlowPart): Promise<{ image: HTMLImageElement; turn: number }> {
  const { wires: _wires, x: _x, y: _y, z: _z, ...properties } = camera;
  const { image } = (await $.ajax({
    url: 'camera-in/test',
    method: 'POST',
    contentType: 'application/json',
    // the stored password, which the editor does not have
    data: JSON.stringify({ ...properties, password: '__PWRD__' }),
  })) as Picture;
  return { image: await loadImage(image), turn: Number(camera.rotate) || 0 };
}

/** The picture that zones are drawn on: of a camera, or a file of the user's that goes nowhere else. */
export class ZonePicture {
  readonly element = $('<div id="defect-alert-picture" style="position: relative; line-height: 0"></div>');
  readonly buttons = $('<span></span>');
  readonly #canvas = document.createElement('canvas');
  readonly #says = $('<div role="status" id="defect-alert-picture-state" style="margin-top: 4px"></div>');
  readonly #caption: Caption;
  readonly #resized: (width: number, height: number) => void;

  constructor(
    node: EditorNode,
    cameras: readonly FlowPart[],
    caption: Caption,
    resized: (w: number, h: number) => void,
  ) {
    this.#caption = caption;
    this.#resized = resized;
    this.#canvas.style.cssText = 'width: 100%; border-radius: 4px; background: #555';
    this.element.css('max-width', WIDTH_PX).append(this.#canvas);
    for (const camera of cameras) this.#addCamera(camera, node);
    this.#addFile();
  }

  /** Where it is told what went wrong. */
  get state(): JQuery {
    return this.#says;
  }

  showBlank(): void {
    this.#canvas.width = BLANK.width;
    this.#canvas.height = BLANK.height;
    const context = this.#canvas.getContext('2d');
    if (context !== null) {
      context.font = '14px sans-serif';
      context.textAlign = 'center';
      context.fillStyle = '#ccc';
      context.fillText(this.#caption('blank'), BLANK.width / 2, BLANK.height / 2);
    }
    this.#resized(BLANK.width, BLANK.height);
  }

  #addCamera(camera: FlowPart, node: EditorNode): void {
    const name =
      typeof camera.name === 'string' && camera.name !== '' ? camera.name : node._('defect-alert.zones.camera');
    const button = $('<button type="button" class="red-ui-button defect-alert-take"></button>')
      .append('<i class="fa fa-camera"></i> ', $('<span></span>').text(this.#caption('take', { name })))
      .css('margin-right', '6px')
      .on('click', () => {
        this.#says.text(this.#caption('waiting'));
        void this.#show(pictureOf(camera));
      });
    this.buttons.append(button);
  }

  #addFile(): void {
    const file = $('<input type="file" id="defect-alert-file" accept="image/*" style="display: none" />');
    file.on('change', () => void this.#showFile((file[0] as HTMLInputElement).files?.[0]));
    const button = $('<button type="button" class="red-ui-button" id="defect-alert-upload"></button>')
      .append('<i class="fa fa-upload"></i> ', $('<span></span>').text(this.#caption('upload')))
      .on('click', () => void file.trigger('click'));
    this.buttons.append(button, file);
    this.element
      .on('dragover', (event) => event.preventDefault())
      .on('drop', (event) => {
        event.preventDefault();
        this.#showFile((event.originalEvent as DragEvent).dataTransfer?.files[0]);
      });
  }

  #showFile(file: File | undefined): void {
    if (file === undefined) return;
    const address = URL.createObjectURL(file);
    const loaded = loadImage(address).then((image) => ({ image, turn: 0 }));
    void this.#show(loaded.finally(() => URL.revokeObjectURL(address)));
  }

  async #show(picture: Promise<{ image: HTMLImageElement; turn: number }>): Promise<void> {
    try {
      const { image, turn } = await picture;
      this.#paint(image, turn);
      this.#says.text('');
    } catch (failure) {
      const { responseJSON, status } = failure as { status?: number; responseJSON?: { error?: string } };
      const key = status === 401 || status === 403 ? 'forbidden' : 'notShown';
      this.#says.text(responseJSON?.error ?? this.#caption(key));
    }
  }

  #paint(image: HTMLImageElement, turn: number): void {
    const isSideways = turn % 180 !== 0;
    const [width, height] = isSideways ? [image.height, image.width] : [image.width, image.height];
    // as many pixels as are shown on a fine screen, whatever the camera's are
    const scale = Math.min(1, (2 * WIDTH_PX) / width);
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(scale, 0, 0, scale, this.#canvas.width / 2, this.#canvas.height / 2);
    context.rotate((turn * Math.PI) / 180);
    context.drawImage(image, -image.width / 2, -image.height / 2);
    this.#resized(WIDTH_PX, (WIDTH_PX * height) / width);
  }
}
