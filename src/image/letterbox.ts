import sharp from 'sharp';
import { InspectionError, expected, messageOf } from '../contract/errors';
import type { FrameInfo, Rectangle } from '../contract/frame';
import { decodeBmp, isBmp } from './bmp';
import { letterboxGeometry, type Letterboxed, type LetterboxGeometry } from './letterbox-geometry';

/** Grey of the borders, as in Ultralytics' own letterbox: the value YOLO models were trained with. */
const PAD_GREY = 114;

// every picture is another one: what libvips remembers of the last is never asked for again
sharp.cache(false);

/** More pixels than this are refused before decoding (a decompression bomb would fill the Pi's RAM): 100 megapixels. */
export const MAX_INPUT_PIXELS = 100_000_000;

/** What may be decoded. SVG, PDF and the like are documents that pull in other files, not pictures from a camera. */
const DECODABLE_FORMATS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'tiff', 'gif', 'heif', 'raw']);

/** The part of a region of interest that lies inside the image. */
function regionInside(region: Rectangle | undefined, width: number, height: number): Rectangle {
  if (region === undefined) return { x: 0, y: 0, width, height };
  const left = Math.max(0, Math.round(region.x));
  const top = Math.max(0, Math.round(region.y));
  const right = Math.min(width, Math.round(region.x + region.width));
  const bottom = Math.min(height, Math.round(region.y + region.height));
  if (right - left >= 1 && bottom - top >= 1) return { x: left, y: top, width: right - left, height: bottom - top };
  throw expected(
    `a region that overlaps the ${width}x${height} image`,
    'region',
    `${region.x},${region.y} ${region.width}x${region.height}`,
  );
}

function rawOptions(frame: Partial<FrameInfo>, image: Uint8Array): sharp.SharpOptions['raw'] {
  const { width = 0, height = 0 } = frame;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw expected('the width and height of the raw picture', 'msg.frame', `${width}x${height}`);
  }
  if (image.byteLength !== width * height * 3) {
    throw expected(`${width * height * 3} bytes (${width}x${height} rgb24)`, 'the raw picture', image, 'BAD_IMAGE');
  }
  return { width, height, channels: 3 };
}

/** Turns what sharp says into one sentence with a stable code. */
export function imageError(error: unknown, image: Uint8Array): InspectionError {
  if (error instanceof InspectionError) return error;
  const message = messageOf(error);
  if (/pixel limit/i.test(message)) {
    return new InspectionError(
      'IMAGE_TOO_LARGE',
      `Expected at most ${MAX_INPUT_PIXELS / 1e6} megapixels for the image but its header declares more`,
      { cause: error },
    );
  }
  return new InspectionError(
    'BAD_IMAGE',
    `Expected a JPEG, PNG, WebP, TIFF or BMP picture for the image but ${image.byteLength} bytes could not be decoded (${message.split('\n')[0]})`,
    { cause: error },
  );
}

const GREY = { r: PAD_GREY, g: PAD_GREY, b: PAD_GREY };

/**
 * Scales the region to its size in the input, bilinear. sharp's resize lays an enlarged picture half a pixel of the result
 * too far right and down, whatever the kernel (measured with a ramp at 1.01 … 5 times), which moved boxes by up to 2.4 px;
 * its affine transform can say where pixel centres lie (half a source pixel at the edges runs into the border's grey).
 * Reduced pictures lie right.
 */
function scalePicture(picture: sharp.Sharp, { region, contentWidth, contentHeight }: LetterboxGeometry): void {
  if (contentWidth > region.width || contentHeight > region.height) {
    picture.affine([contentWidth / region.width, 0, 0, contentHeight / region.height], {
      interpolator: sharp.interpolators.bilinear,
      ...{ idx: 0.5, idy: 0.5, odx: -0.5, ody: -0.5 },
      background: GREY,
    });
  } else if (contentWidth < region.width || contentHeight < region.height) {
    picture.resize(contentWidth, contentHeight, { fit: 'fill', kernel: 'linear' });
  }
}

/** A picture that is about to be decoded: upright, with its size. */
export interface OpenedPicture {
  picture: sharp.Sharp;
  /** Pixels, upright. */
  width: number;
  height: number;
}

/**
 * Opens a picture without decoding it yet: bounds and formats checked, EXIF orientation and `frame.rotate` to be applied.
 *
 * @param image encoded bytes, or raw RGB when `frame.format` is `rgb24`
 */
export async function openUpright(image: Uint8Array, frame: Partial<FrameInfo> | undefined): Promise<OpenedPicture> {
  const isRaw = frame?.format === 'rgb24';
  const bitmap = !isRaw && isBmp(image) ? decodeBmp(image, MAX_INPUT_PIXELS) : undefined;
  const raw = bitmap
    ? ({ width: bitmap.width, height: bitmap.height, channels: 3 } as const)
    : isRaw && rawOptions(frame, image);
  const picture = sharp(bitmap?.data ?? image, {
    ...(raw && { raw }),
    // truncated and corrupt data is refused; mere warnings (stray bytes from cheap cameras) are not
    failOn: 'error',
    // pixels as they are stored, like the tools that models are trained with; converting them changed grey levels by
    // up to 60 and boxes by up to 3 px in 6 of 27 photographs
    ignoreIcc: true,
    limitInputPixels: MAX_INPUT_PIXELS,
    sequentialRead: true,
  });
  const { format, autoOrient } = await picture.metadata();
  if (!raw && !DECODABLE_FORMATS.has(format)) {
    throw expected('a JPEG, PNG, WebP, TIFF or BMP picture', 'the image', format, 'BAD_IMAGE');
  }
  picture.autoOrient();
  if (frame?.rotate) picture.rotate(frame.rotate);
  const turned = frame?.rotate === 90 || frame?.rotate === 270;
  return {
    picture,
    width: turned ? autoOrient.height : autoOrient.width,
    height: turned ? autoOrient.width : autoOrient.height,
  };
}

/** Opens a picture upright and cuts out the part that is inspected; `region` is what of it lies inside the picture. */
export async function openView(
  image: Uint8Array,
  frame: Partial<FrameInfo> | undefined,
): Promise<OpenedPicture & { region: Rectangle }> {
  const opened = await openUpright(image, frame);
  const region = regionInside(frame?.region, opened.width, opened.height);
  if (frame?.region) {
    opened.picture.extract({ left: region.x, top: region.y, width: region.width, height: region.height });
  }
  return { ...opened, region };
}

/**
 * Decodes a picture and letterboxes it to the model's input: EXIF orientation and `frame.rotate` applied, region cut
 * out, grey, alpha, CMYK and 16-bit pictures turned into 8-bit RGB. Runs in libuv's thread pool.
 *
 * @param image encoded bytes, or raw RGB when `frame.format` is `rgb24`
 * @param input model input size, pixels
 * @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE, BAD_ARGUMENT
 */
export async function decodeAndLetterbox(
  image: Uint8Array,
  frame: Partial<FrameInfo> | undefined,
  input: { width: number; height: number },
): Promise<Letterboxed> {
  if (!(image instanceof Uint8Array))
    throw expected('a Buffer with an encoded picture', 'the image', image, 'BAD_IMAGE');
  if (image.byteLength === 0) throw expected('a Buffer with an encoded picture', 'the image', image, 'BAD_IMAGE');
  try {
    const { picture, width, height, region } = await openView(image, frame);
    const geometry = letterboxGeometry(width, height, region, input.width, input.height);
    picture.removeAlpha().toColourspace('srgb');
    scalePicture(picture, geometry);
    const padRight = input.width - geometry.contentWidth - geometry.padLeft;
    const padBottom = input.height - geometry.contentHeight - geometry.padTop;
    if (geometry.padLeft + geometry.padTop + padRight + padBottom > 0) {
      picture.extend({
        left: geometry.padLeft,
        top: geometry.padTop,
        right: padRight,
        bottom: padBottom,
        background: GREY,
      });
    }
    // not toUint8Array: in sharp 0.35.5 it leaks the picture
    const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels instead of 3`);
    return { ...geometry, pixels: data };
  } catch (error) {
    throw imageError(error, image);
  }
}
