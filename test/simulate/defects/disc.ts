/** The pixels of a disc: their number and bounds. */
export function disc(radius: number): { area: number; box: { x: number; y: number; width: number; height: number } } {
  let area = 0;
  for (let y = -radius; y <= radius; y++)
    for (let x = -radius; x <= radius; x++) if (x * x + y * y <= radius ** 2) area++;
  return { area, box: { x: 0, y: 0, width: 2 * radius + 1, height: 2 * radius + 1 } };
}
