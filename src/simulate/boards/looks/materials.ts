import type { Random } from '../../../kit/random';

/** Linear-ish RGB, 0 to 255. */
export type Colour = readonly [number, number, number];

export interface Materials {
  bare: Colour;
  copper: Colour;
  /** A pad: copper or its finish, without solder mask. */
  pad: Colour;
  /** Laminate seen through an opening. */
  laminate: Colour;
  /** None on boards before the solder mask. */
  silk?: Colour;
  drill: Colour;
  /** How much metal under no mask shines: brushed texture and relief. */
  shine: number;
}

/** Solder masks: colour over laminate, and over copper, which lies higher and reflects more. */
const MASKS: readonly { weight: number; bare: Colour; copper: Colour }[] = [
  { weight: 40, bare: [18, 78, 42], copper: [44, 128, 72] },
  { weight: 12, bare: [14, 52, 32], copper: [30, 86, 52] },
  { weight: 14, bare: [18, 44, 110], copper: [42, 82, 160] },
  { weight: 10, bare: [112, 18, 24], copper: [160, 48, 46] },
  { weight: 8, bare: [22, 22, 26], copper: [48, 47, 50] },
  { weight: 6, bare: [58, 24, 92], copper: [96, 56, 136] },
  { weight: 6, bare: [136, 110, 18], copper: [206, 176, 62] },
];

const FINISHES: readonly { weight: number; pad: Colour }[] = [
  { weight: 45, pad: [196, 196, 190] },
  { weight: 35, pad: [214, 178, 96] },
  { weight: 20, pad: [198, 128, 88] },
];

/** Share of boards photographed before the solder mask: bare copper on laminate. */
const UNMASKED_SHARE = 0.3;

function varied(random: Random, colour: Colour, spread: number): Colour {
  const bright = 1 + random.normal() * spread;
  return [
    colour[0] * bright * (1 + random.normal() * spread * 0.5),
    colour[1] * bright * (1 + random.normal() * spread * 0.5),
    colour[2] * bright * (1 + random.normal() * spread * 0.5),
  ];
}

/** Copper is at least this much brighter than the bare board: an inspection station's light is set up until it is. */
const MIN_CONTRAST = 1.4;

/** Brightness as the eye weighs it. */
function luma([red, green, blue]: Colour): number {
  return 0.3 * red + 0.59 * green + 0.11 * blue;
}

/** The colours of one board under its light. */
export function chooseMaterials(random: Random): Materials {
  for (;;) {
    const materials = anyMaterials(random);
    const { copper, bare, pad, laminate } = materials;
    if (luma(copper) >= MIN_CONTRAST * luma(bare) && luma(pad) >= MIN_CONTRAST * luma(laminate)) return materials;
  }
}

function anyMaterials(random: Random): Materials {
  const laminate = varied(random, [110, 98, 60], 0.2);
  const drill = random.chance(0.8) ? varied(random, [16, 15, 15], 0.3) : varied(random, [225, 225, 225], 0.1);
  const silk = varied(random, [226, 226, 220], 0.06);
  if (random.chance(UNMASKED_SHARE)) {
    const copper = varied(random, [216, 140, 98], 0.12);
    return { bare: laminate, copper, pad: copper, laminate, drill, shine: random.between(0.6, 1.4) };
  }
  const mask = random.weighted(MASKS);
  const tone = random.between(0.8, 1.3);
  const tinted = (colour: Colour, gain = 1): Colour => [
    colour[0] * tone * gain,
    colour[1] * tone * gain,
    colour[2] * tone * gain,
  ];
  return {
    bare: varied(random, tinted(mask.bare), 0.08),
    // as bright as a lamp at an angle shows it
    copper: varied(random, tinted(mask.copper, random.between(1.15, 1.4)), 0.06),
    pad: varied(random, random.weighted(FINISHES).pad, 0.08),
    laminate: varied(random, [116, 103, 68], 0.1),
    silk,
    drill,
    shine: random.between(0.15, 0.6),
  };
}
