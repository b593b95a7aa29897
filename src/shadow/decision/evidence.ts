/**
 * Evidence by betting: an e-value is the capital of somebody who bets against a claim at fair odds and starts with 1. While the claim
 * is true it ever reaches 1/α with probability at most α, however often one looks (Ville 1939; Robbins 1970, Annals of
 * Mathematical Statistics 41; Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49; Waudby-Smith and Ramdas 2024,
 * Journal of the Royal Statistical Society B 86; for shares of counts Lindon and Malek 2022, arXiv:2205.14762). All functions here
 * give natural logarithms. Several bets at once, their capital averaged, are one bet: that is the mixture.
 */

function logMean(logs: readonly number[]): number {
  const largest = Math.max(...logs);
  return largest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - largest), 0) / logs.length);
}

/** Shares of wins that are bet on: from hardly more than a half to nearly all. */
const WIN_SHARES = [0.55, 0.65, 0.75, 0.85, 0.95];

/**
 * Evidence against 'a dispute is won with probability at most ½': the mixture likelihood ratio of larger shares over ½, the
 * sequential form of McNemar's test (Wald 1945). Exact, and valid at every look.
 */
export function evidenceOfWinning(wins: number, losses: number): number {
  return logMean(WIN_SHARES.map((share) => wins * Math.log(2 * share) + losses * Math.log(2 * (1 - share))));
}

/** Shares of the capital that are staked; all below 1/(1 − margin), so that nothing is ever lost entirely. */
const STAKES = [0.15, 0.4, 0.7];

/**
 * Evidence against 'of all units, at least `margin` are lost, net of those that are gained': capital Π (1 + λ (margin − z)) with
 * z = 1 for a loss, −1 for a gain and 0 else, which is a bet on the mean of a bounded quantity (Waudby-Smith and Ramdas 2024).
 *
 * @param units how many there are in all, losses and gains included; may be a fraction, where only a share was judged
 * @param margin 0 … 1
 * @param stakes shares of the capital, each below 1/(1 − margin)
 */
export function evidenceOfNotWorse(
  units: number,
  losses: number,
  gains: number,
  margin: number,
  stakes: readonly number[] = STAKES,
): number {
  const unchanged = Math.max(0, units - losses - gains);
  return logMean(
    stakes.map(
      (stake) =>
        unchanged * Math.log1p(stake * margin) +
        losses * Math.log1p(stake * (margin - 1)) +
        gains * Math.log1p(stake * (margin + 1)),
    ),
  );
}
