/** Version of the properties that this code writes; see the `defaults` of the dialog. */
export const CONFIG_VERSION = 1;

type Raw = Record<string, unknown>;

/** How to get from a version to the next; one row per change. */
const STEPS: ReadonlyArray<(raw: Raw) => Raw> = [
  // 0: flows written by hand or before properties had a version
  (raw) => ({ ...raw, loop: raw.loop ?? true }),
];

/** Brings the properties of an older flow up to date; those of a newer one are left to the checks. */
export function migrate(raw: Raw): Raw {
  const from = typeof raw.version === 'number' && Number.isInteger(raw.version) && raw.version >= 0 ? raw.version : 0;
  return STEPS.slice(from).reduce<Raw>((current, step) => step(current), {
    ...raw,
    version: Math.max(from, CONFIG_VERSION),
  });
}
