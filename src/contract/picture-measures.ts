/** How a picture is exposed and focused: what changes when a lamp fails or a lens gets dirty. */
export interface PictureMeasures {
  /** Mean brightness of the inspected region, 0 … 255. */
  level: number;
  /** Brightness that nine tenths of its pixels do not reach, 0 … 255: follows the light, whatever the part shows. */
  bright: number;
  /** Share of its pixels at the very bottom or top of the range, 0 … 1. */
  clipped: number;
  /** Mean strength of its edges against its brightness, ≥ 0; falls with focus and with a film on the lens. */
  sharpness: number;
}
