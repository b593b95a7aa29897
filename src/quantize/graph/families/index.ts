import { activationFamily } from './activation';
import { arithmeticFamily } from './arithmetic';
import { convFamily } from './conv';
import type { Family } from './family';
import { movementFamily } from './movement';
import { poolingFamily } from './pooling';

export type { Family } from './family';

/** The operator → quantizer table. What is not in it stays float; a new family is a file beside this one and a row here. */
export const FAMILIES: readonly Family[] = [
  convFamily,
  activationFamily,
  arithmeticFamily,
  movementFamily,
  poolingFamily,
];

const BY_OP_TYPE = new Map(FAMILIES.flatMap((family) => family.opTypes.map((opType) => [opType, family] as const)));

export function familyOf(opType: string): Family | undefined {
  return BY_OP_TYPE.get(opType);
}
