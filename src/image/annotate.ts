import sharp from 'sharp';
import { expected } from '../contract/errors';
import { escapeHtml } from '../kit/html';
import { integerBetween } from '../contract/validate';
import type { FrameInfo, Rectangle } from '../contract/frame';
import { withUpright } from './letterbox';

/** One box to draw, pixels of the upright source image. */
export interface DrawnBox {
  box: Rectangle;
  /** Short text above the box. */
  label: string;
  /** Index into the palette: the same class gets the same colour. */
  colour: number;
}

export interface DrawingRequest {
  frame?: Partial<FrameInfo>;
  boxes: DrawnBox[];
  /** Text in the corner, such as the verdict; absent: none. */
  caption?: { text: string; tone: 'good' | 'bad' | 'neutral' };
  /** The result is scaled down to this width, pixels; never up. */
  maxWidth: number;
  /** JPEG quality, 1 … 100. */
  quality: number;
}

/** More boxes than this are not drawn: nobody could tell them apart. */
const MAX_BOXES = 200;

/** Colours that stay apart for most kinds of colour blindness (Okabe and Ito, 2008), on dark and bright pictures. */
const PALETTE = ['#e69f00', '#56b4e9', '#f0e442', '#cc79a7', '#009e73', '#d55e00', '#0072b2', '#ffffff'];
const TONES = { good: '#2e8b57', bad: '#c62828', neutral: '#616161' } as const;

/** What XML 1.0 does not allow at all: control characters, two non-characters, lone surrogates. */
const NOT_XML =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text of an SVG: labels come from models and messages, so nothing in them may become markup. */
function escapeXml(text: string): string {
  return escapeHtml(text.slice(0, 80).replace(NOT_XML, ' '));
}

/** About how wide a text is: 0.6 em per character, 1 em for wide scripts. Only places the label's background. */
function textWidth(text: string, fontSize: number): number {
  let ems = 0;
  for (const character of text) ems += (character.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.6;
  return ems * fontSize;
}

function labelled(x: number, y: number, text: string, fontSize: number, fill: string, ink: string): string {
  const width = textWidth(text, fontSize) + fontSize * 0.6;
  const height = fontSize * 1.3;
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>` +
    `<text x="${x + fontSize * 0.3}" y="${y + fontSize}" fill="${ink}">${escapeXml(text)}</text>`
  );
}

function boxSvg({ box, label, colour }: DrawnBox, scale: number, fontSize: number, stroke: number): string {
  const fill = PALETTE[Math.abs(Math.trunc(colour)) % PALETTE.length] as string;
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(
    (value) => Math.round(value * scale * 10) / 10,
  ) as [number, number, number, number];
  const labelY = y - fontSize * 1.3 >= 0 ? y - fontSize * 1.3 : y;
  // a dark line under the bright one keeps boxes visible on any ground
  return (
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="#000" stroke-opacity="0.5" stroke-width="${stroke * 2}"/>` +
    `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="none" stroke="${fill}" stroke-width="${stroke}"/>` +
    (label === '' ? '' : labelled(x, labelY, label, fontSize, fill, '#000'))
  );
}

function overlay(request: DrawingRequest, width: number, height: number, scale: number): Buffer {
  const fontSize = Math.max(11, Math.round(width / 45));
  const stroke = Math.max(1.5, width / 400);
  const boxes = request.boxes.slice(0, MAX_BOXES).map((box) => boxSvg(box, scale, fontSize, stroke));
  const { caption } = request;
  const corner =
    caption === undefined
      ? ''
      : labelled(0, 0, caption.text, fontSize * 1.4, TONES[caption.tone] ?? TONES.neutral, '#fff');
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, Noto Sans, sans-serif">` +
      `<g font-size="${fontSize}">${boxes.join('')}</g><g font-size="${fontSize * 1.4}">${corner}</g></svg>`,
  );
}

/**
 * Draws boxes, labels and a caption on a picture and gives it back as a JPEG.
 *
 * @param image encoded bytes, or raw RGB when `request.frame.format` is `rgb24`
 * @returns the JPEG and its size, pixels
 * @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE, BAD_ARGUMENT
 */
export async function annotateImage(
  image: Uint8Array,
  request: DrawingRequest,
): Promise<{ jpeg: Buffer; width: number; height: number }> {
  const maxWidth = integerBetween(request.maxWidth, 'maxWidth', 16, 16_384);
  const quality = integerBetween(request.quality, 'quality', 1, 100);
  if (image.byteLength === 0) throw expected('a Buffer with an encoded picture', 'the image', image, 'BAD_IMAGE');
  return withUpright(image, request.frame, async ({ picture, width: sourceWidth, height: sourceHeight }) => {
    const width = Math.min(maxWidth, sourceWidth);
    const scale = width / sourceWidth;
    const height = Math.max(1, Math.round(sourceHeight * scale));
    const pixels = await picture
      .resize(width, height, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer({ resolveWithObject: true });
    const jpeg = await sharp(pixels.data, { raw: { width, height, channels: pixels.info.channels } })
      .composite([{ input: overlay(request, width, height, scale), top: 0, left: 0 }])
      .jpeg({ quality })
      .toBuffer();
    return { jpeg, width, height };
  });
}
