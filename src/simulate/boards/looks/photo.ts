import { flood, SIDES_AND_CORNERS } from '../flood';
import type { Mask } from '../mask';
import type { Random } from '../../../kit/random';
import { DRILL, OPENING, SILK } from '../sheet';
import { chooseMaterials, type Colour } from './materials';
import { NoiseField } from './noise';
import { blur, illumination, soften, type Plane } from './optics';

/** Brightness that one step from bare board to copper adds where it faces the light, 0 to 255. */
const RELIEF = 26;
/** Automatic exposure brightens a dark board no further. */
const MAX_GAIN = 2.2;
/** Random values read over and over: noise cheap enough for every pixel and channel. */
const TABLE_SIZE = 16381;

/** A figure of silk nearer than this to a defect is not printed, px: ink must not hide or cut up what the truth tells. */
const SILK_MARGIN_PX = 8;

/** Takes the whole figure of silk off that a pixel belongs to: a gap in it would give the defect away. */
function takeSilkOff(layers: Uint8Array, width: number, height: number, start: number): void {
  flood(width, height, start, SIDES_AND_CORNERS, (index) => {
    if (((layers[index] as number) & SILK) === 0) return false;
    layers[index] = (layers[index] as number) & ~SILK;
    return true;
  });
}

/**
 * Takes drilled holes off the defects, and legend that lies on them or near, in place: what the truth tells must be
 * visible.
 *
 * @param clean the copper without defects
 * @param mask the copper with them
 */
export function uncover(clean: Mask, mask: Mask, layers: Uint8Array): void {
  const { width, height } = mask;
  for (let index = 0; index < layers.length; index++) {
    if (clean.data[index] === mask.data[index]) continue;
    layers[index] = (layers[index] as number) & ~DRILL;
    const x = index % width;
    const y = Math.floor(index / width);
    for (let row = Math.max(0, y - SILK_MARGIN_PX); row <= Math.min(height - 1, y + SILK_MARGIN_PX); row++) {
      for (let column = Math.max(0, x - SILK_MARGIN_PX); column <= Math.min(width - 1, x + SILK_MARGIN_PX); column++) {
        takeSilkOff(layers, width, height, row * width + column);
      }
    }
  }
}

/** The material of every pixel as three planes of colour. */
function paintMaterials(
  copper: Mask,
  layers: Uint8Array,
  random: Random,
): { planes: [Plane, Plane, Plane]; shine: number } {
  const materials = chooseMaterials(random);
  // one row per combination of bits, so that the loop over pixels only looks colours up
  const colours: Colour[] = [];
  for (let bits = 0; bits < 16; bits++) {
    const metal = (bits & 1) === 1;
    const open = (bits & OPENING) !== 0;
    let colour = metal ? (open ? materials.pad : materials.copper) : open ? materials.laminate : materials.bare;
    if ((bits & SILK) !== 0 && !open && materials.silk) colour = materials.silk;
    if ((bits & DRILL) !== 0) colour = materials.drill;
    colours.push(colour);
  }
  const length = copper.data.length;
  const planes: [Plane, Plane, Plane] = [new Float32Array(length), new Float32Array(length), new Float32Array(length)];
  for (let i = 0; i < length; i++) {
    const colour = colours[((layers[i] as number) & 14) | (copper.data[i] as number)] as Colour;
    planes[0][i] = colour[0];
    planes[1][i] = colour[1];
    planes[2][i] = colour[2];
  }
  return { planes, shine: materials.shine };
}

/** Adds what a grazing lamp shows: bright and dark flanks of the copper, and the grain of metal. */
function addRelief(planes: readonly Plane[], copper: Mask, random: Random, shine: number, spare: Plane): void {
  const size = copper.width;
  const height = Float32Array.from(copper.data);
  soften(height, size, 1, spare);
  soften(height, size, 1, spare);
  const angle = random.between(0, 2 * Math.PI);
  const strength = RELIEF * random.between(0.2, 1.2) * (0.5 + shine / 2);
  const lightX = Math.cos(angle) * strength;
  const lightY = Math.sin(angle) * strength;
  const grain = new NoiseField(random, size, 3, 5 * shine);
  const cloud = new NoiseField(random, size, 44, 9 * shine);
  const row = new Float32Array(size);
  for (let y = 1; y < size - 1; y++) {
    row.fill(0);
    grain.addRow(y, row);
    cloud.addRow(y, row);
    for (let x = 1; x < size - 1; x++) {
      const i = y * size + x;
      const dx = (height[i + 1] as number) - (height[i - 1] as number);
      const dy = (height[i + size] as number) - (height[i - size] as number);
      const add = dx * lightX + dy * lightY + (height[i] as number) * (row[x] as number);
      if (add === 0) continue;
      for (const plane of planes) plane[i] = (plane[i] as number) + add;
    }
  }
}

/** Highlights are held below this, so that a defect in a shining pad is not bleached away. */
const HIGHLIGHT = 236;
/** Share of the picture that is brighter than its highlights: glints, silk. */
const ABOVE_HIGHLIGHTS = 0.03;

/** Mean and highlight brightness as a camera's automatic exposure weighs them, 0 to 255. */
function meter(planes: readonly Plane[]): { mean: number; highlight: number } {
  const luma: number[] = [];
  // every 37th pixel is enough
  for (let i = 0; i < (planes[0] as Plane).length; i += 37) {
    luma.push(0.3 * (planes[0]?.[i] ?? 0) + 0.59 * (planes[1]?.[i] ?? 0) + 0.11 * (planes[2]?.[i] ?? 0));
  }
  luma.sort((a, b) => a - b);
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length;
  const highlight = luma[Math.floor(luma.length * (1 - ABOVE_HIGHLIGHTS))] as number;
  return { mean: Math.max(1, mean), highlight: Math.max(1, highlight) };
}

/** What the lens, the sensor and the camera's signal processor make of it: RGB bytes. */
function expose(planes: readonly Plane[], size: number, random: Random): Uint8Array {
  const light = illumination(random, size);
  const { mean, highlight } = meter(planes);
  const exposure = Math.min(MAX_GAIN, random.between(80, 140) / mean, HIGHLIGHT / highlight);
  const warmth = random.normal() * 0.07;
  const gains = [1 + warmth, 1 + random.normal() * 0.025, 1 - warmth].map((gain) => gain * exposure);
  const contrast = random.between(0.85, 1.2);
  const read = random.between(0.6, 4);
  const shot = random.between(0.02, 0.3);
  const table = new Float32Array(TABLE_SIZE);
  for (let i = 0; i < TABLE_SIZE; i++) table[i] = random.normal();
  const pixels = new Uint8ClampedArray(size * size * 3);
  planes.forEach((plane, channel) => {
    const gain = gains[channel] as number;
    let noise = 0;
    for (let i = 0; i < plane.length; i++) {
      if (i % size === 0) noise = random.integer(0, TABLE_SIZE - 1);
      if (++noise >= TABLE_SIZE) noise = 0;
      const signal = Math.max(0, (plane[i] as number) * (light[i] as number) * gain);
      const noisy = signal + (table[noise] as number) * (read + shot * Math.sqrt(signal));
      pixels[3 * i + channel] = (noisy - 110) * contrast + 110;
    }
  });
  return new Uint8Array(pixels.buffer);
}

/**
 * The board as a colour photograph, the way a camera over a line delivers it: solder mask and metal, relief, uneven
 * light, defocus, white balance, sensor noise. JPEG is added when it is encoded.
 *
 * @param copper the copper with its defects
 * @param layers the sheet's bits per pixel: openings, holes, silk
 */
export function photo(copper: Mask, layers: Uint8Array, random: Random): Uint8Array {
  const size = copper.width;
  const { planes, shine } = paintMaterials(copper, layers, random);
  const spare: Plane = new Float32Array(copper.data.length);
  addRelief(planes, copper, random, shine, spare);
  const defocus = random.next();
  for (const plane of planes) {
    soften(plane, size, 1.5 + 2 * defocus, spare);
    if (defocus < 0.35) blur(plane, size, 1, defocus < 0.12 ? 2 : 1, spare);
  }
  return expose(planes, size, random);
}
