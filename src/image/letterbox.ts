import sharp from 'sharp';
import { InspectionError, expected, messageOf } from '../contract/errors';
import { ROTATIONS, type FrameInfo, type Rectangle } from '../contract/frame';
import { bmpPixels, decodeBmp, isBmp } from './bmp';
import { checkDecodedBytes, decodedBytes, MAX_INPUT_PIXELS, withMemory } from './decoded-size';
import { letterboxGeometry, type Letterboxed, type LetterboxGeometry } from './letterbox-geometry';

/** Grey of the borders, as in Ultralytics' own letterbox: the value YOLO models were trained with. */
const PAD_GREY = 114;

// every picture is another one: what libvips remembers of the last is never asked for again
sharp.cache(false);

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

/** What libvips and its decoders say when memory is short: the picture may be a good one. */
const OUT_OF_MEMORY =
  /out of memory|insufficient memory|cannot allocate|not enough memory|allocation failed|invalid (typed )?array length|bad_alloc/i;

/** Turns what sharp says into one sentence with a stable code. */
function imageError(error: unknown, image: Uint8Array): InspectionError {
  if (error instanceof InspectionError) return error;
  const message = messageOf(error);
  if (/pixel limit/i.test(message)) {
    return new InspectionError(
      'IMAGE_TOO_LARGE',
      `Expected at most ${MAX_INPUT_PIXELS / 1e6} megapixels for the image but its header declares more`,
      { cause: error },
    );
  }
  if (OUT_OF_MEMORY.test(message)) {
    return new InspectionError('OUT_OF_MEMORY', 'There was not enough memory to decode the image', { cause: error });
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

/** The turns that a picture can have. @throws InspectionError BAD_ARGUMENT */
function checkRotation(rotate: unknown): void {
  if (rotate === undefined || (ROTATIONS as readonly unknown[]).includes(rotate)) return;
  throw expected(`one of ${ROTATIONS.join(', ')}`, 'msg.frame.rotate', rotate);
}

/** A picture that is about to be decoded: upright, with its size. */
export interface OpenedPicture {
  picture: sharp.Sharp;
  /** Pixels, upright. */
  width: number;
  height: number;
  /** Memory that decoding takes, beside that of the result. */
  decodedBytes: number;
}

/**
 * Opens a picture, decodes it by `use` when there is memory for it, and gives what that gives.
 *
 * @throws InspectionError BAD_IMAGE, IMAGE_TOO_LARGE, OUT_OF_MEMORY, BAD_ARGUMENT
 */
export async function withUpright<T>(
  image: Uint8Array,
  frame: Partial<FrameInfo> | undefined,
  use: (opened: OpenedPicture) => Promise<T>,
): Promise<T> {
  try {
    // a bitmap is decoded as it is opened
    const bitmapBytes = frame?.format !== 'rgb24' && isBmp(image) ? bmpPixels(image) * 3 : 0;
    return await withMemory(bitmapBytes, async () => {
      const opened = await openUpright(image, frame);
      checkDecodedBytes(opened.decodedBytes);
      return await withMemory(opened.decodedBytes, () => use(opened));
    });
  } catch (error) {
    throw imageError(error, image);
  }
}

/**
 * Opens a picture without decoding it yet: bounds and formats checked, EXIF orientation and `frame.rotate` to be applied.
 *
 * @param image encoded bytes, or raw RGB when `frame.format` is `rgb24`
 */
async function openUpright(image: Uint8Array, frame: Partial<FrameInfo> | undefined): Promise<OpenedPicture> {
  checkRotation(frame?.rotate);
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
  const metadata = await picture.metadata();
  const { format, autoOrient, orientation = 1 } = metadata;
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
    // raw pixels are in memory already
    decodedBytes: raw ? 0 : decodedBytes(metadata, orientation > 1 || Boolean(frame?.rotate)),
  };
}

/** As withUpright, with only the part that is inspected; `region` is what of it lies inside the picture. */
export function withView<T>(
  image: Uint8Array,
  frame: Partial<FrameInfo> | undefined,
  use: (opened: OpenedPicture & { region: Rectangle }) => Promise<T>,
): Promise<T> {
  return withUpright(image, frame, (opened) => {
    const region = regionInside(frame?.region, opened.width, opened.height);
    if (frame?.region) {
      opened.picture.extract({ left: region.x, top: region.y, width: region.width, height: region.height });
    }
    return use({ ...opened, region });
  });
}

/** @throws InspectionError BAD_IMAGE for what is no picture at all */
export function checkBytes(image: unknown): void {
  if (image instanceof Uint8Array && image.byteLength > 0) return;
  throw expected('a Buffer with an encoded picture', 'the image', image, 'BAD_IMAGE');
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
  checkBytes(image);
  return withView(image, frame, (opened) => letterboxOpened(opened, input));
}

/** Decodes what withView has opened, letterboxed to the model's input. */
export async function letterboxOpened(
  { picture, width, height, region }: OpenedPicture & { region: Rectangle },
  input: { width: number; height: number },
): Promise<Letterboxed> {
  const geometry = letterboxGeometry(width, height, region, input.width, input.height);
  picture.removeAlpha().toColourspace('srgb');
  return { ...geometry, pixels: await fitted(picture, geometry, input) };
}

/** Scales an opened part of a picture and puts the borders around it. */
async function fitted(
  picture: sharp.Sharp,
  geometry: LetterboxGeometry,
  input: { width: number; height: number },
): Promise<Uint8Array> {
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
  return rgbPixels(picture);
}

/** Runs what was asked of a picture; uint8 RGB. */
export async function rgbPixels(picture: sharp.Sharp): Promise<Buffer> {
  // not toUint8Array: in sharp 0.35.5 it leaks the picture
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== 3) throw new Error(`decoded to ${info.channels} channels instead of 3`);
  return data;
}

/**
 * Letterboxes a part of pixels that are decoded already.
 *
 * @param raw uint8 RGB, width × height × 3
 * @param region whole pixels, inside
 */
export async function letterboxPart(
  raw: { pixels: Uint8Array; width: number; height: number },
  region: Rectangle,
  input: { width: number; height: number },
): Promise<Uint8Array> {
  const { width, height } = raw;
  const geometry = letterboxGeometry(width, height, region, input.width, input.height);
  const picture = sharp(raw.pixels, { raw: { width, height, channels: 3 }, limitInputPixels: MAX_INPUT_PIXELS });
  picture.extract({ left: region.x, top: region.y, width: region.width, height: region.height });
  return fitted(picture, geometry, input);
}
