/**
 * Shares a number of inference threads among detectors in proportion to what each is configured with. Everyone keeps
 * at least one: a detector without a thread would be a model that silently stopped.
 *
 * @param total threads the station may use; undefined: as configured
 * @param configured threads of each detector, at least 1
 */
export function shareThreads(total: number | undefined, configured: readonly number[]): number[] {
  const wanted = configured.reduce((sum, threads) => sum + threads, 0);
  if (total === undefined || wanted <= total) return [...configured];
  return configured.map((threads) => Math.max(1, Math.floor((total * threads) / wanted)));
}
