/**
 * Max-min fair shares of a rate: who wants less than an even part gets it all, the others share the rest evenly.
 *
 * @param demands frames per second that each would like
 * @param perSecond frames per second for all of them; Infinity: everyone gets what they want
 * @returns frames per second for each, in the order of the demands
 */
export function affordable(demands: readonly number[], perSecond: number): number[] {
  const shares = demands.map(() => 0);
  const ascending = demands.map((wanted, at) => ({ wanted, at })).sort((a, b) => a.wanted - b.wanted);
  let left = perSecond;
  ascending.forEach(({ wanted, at }, served) => {
    const share = Math.min(wanted, left / (ascending.length - served));
    shares[at] = share;
    left -= share;
  });
  return shares;
}
