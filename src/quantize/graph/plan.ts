import type { GraphEditor, NodeProto } from '../../onnx';
import { unionOf, type Range } from '../calibrate/ranges/range';

/** What of a node's inputs and outputs is stored as integers; numbers are positions in `node.input` / `node.output`. */
export interface NodePlan {
  node: NodeProto;
  family: string;
  activations: number[];
  outputs: number[];
  /** Constant weights, one scale per index of `axis`. */
  weight?: { input: number; axis: number };
  /** Position of the int32 bias. */
  bias?: number;
}

/**
 * Which values of a graph become integers. Values in one group have one scale and zero point: data that is only moved must
 * not be re-scaled, or the runtime keeps a DequantizeLinear/QuantizeLinear pair around every move.
 */
export class QuantizationPlan {
  readonly graph: GraphEditor;
  readonly nodes: NodePlan[] = [];
  readonly #parents = new Map<string, string>();
  readonly #fixed = new Map<string, Range>();

  constructor(graph: GraphEditor) {
    this.graph = graph;
  }

  /** Marks a value as stored in 8 bits. */
  quantize(value: string): void {
    if (!this.#parents.has(value)) this.#parents.set(value, value);
  }

  isQuantized(value: string): boolean {
    return this.#parents.has(value);
  }

  /** Gives values one common scale and zero point. */
  share(values: readonly string[]): void {
    for (const value of values) this.quantize(value);
    const [first, ...others] = values.map((value) => this.groupOf(value));
    for (const other of others) if (other !== first) this.#parents.set(other, first!);
  }

  /** The name of a value's group: values with equal names have equal scales. */
  groupOf(value: string): string {
    let root = value;
    for (
      let parent = this.#parents.get(root);
      parent !== undefined && parent !== root;
      parent = this.#parents.get(root)
    ) {
      root = parent;
    }
    return root;
  }

  /** Sets a range that is known without looking at data; real numbers. */
  fix(value: string, range: Range): void {
    this.quantize(value);
    this.#fixed.set(value, range);
  }

  fixedRange(value: string): Range | undefined {
    return this.#fixed.get(value);
  }

  /** All values that are stored in 8 bits. */
  values(): string[] {
    return [...this.#parents.keys()];
  }

  /** The values whose ranges have to be seen in data: one group's values that are made by arithmetic, not by a move. */
  valuesToObserve(): string[] {
    const moved = new Set<string>();
    for (const { node, family, outputs } of this.nodes) {
      if (family === 'movement') for (const output of outputs) moved.add(node.output[output]!);
    }
    return this.values().filter((value) => !moved.has(value) && !this.#fixed.has(value));
  }

  /**
   * A range for every value: its own, or that of its group. A plan in which other nodes stay float has other groups, and
   * needs ranges of values that are only moved here.
   *
   * @param ranges of the values that were observed
   */
  rangesOfAll(ranges: ReadonlyMap<string, Range>): Map<string, Range> {
    const groups = new Map<string, Range[]>();
    const own = (value: string): Range | undefined => this.#fixed.get(value) ?? ranges.get(value);
    for (const value of this.values()) {
      const range = own(value);
      const group = this.groupOf(value);
      if (range) groups.set(group, [...(groups.get(group) ?? []), range]);
    }
    return new Map(this.values().map((value) => [value, own(value) ?? unionOf(groups.get(this.groupOf(value)) ?? [])]));
  }
}
