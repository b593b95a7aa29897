import { InspectionError } from '../contract/errors';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './generated/onnx';

/**
 * A model's graph with the look-ups that rewriting needs: who makes a value, who reads it. Changes go through the methods
 * here or are followed by `refresh()`.
 */
export class GraphEditor {
  readonly model: ModelProto;
  readonly graph: GraphProto;
  #producers = new Map<string, NodeProto>();
  #readers = new Map<string, NodeProto[]>();
  #constants = new Map<string, TensorProto>();

  constructor(model: ModelProto) {
    if (!model.graph) throw new InspectionError('MODEL_INVALID', 'Expected a graph in the model but received none');
    this.model = model;
    this.graph = model.graph;
    this.refresh();
  }

  /** Brings the look-ups up to date after nodes or their inputs were changed directly. */
  refresh(): void {
    this.#producers = new Map();
    this.#readers = new Map();
    this.#constants = new Map(this.graph.initializer.map((tensor) => [tensor.name, tensor]));
    for (const node of this.graph.node) {
      for (const name of node.output) this.#producers.set(name, node);
      for (const name of node.input) {
        const readers = this.#readers.get(name);
        if (readers === undefined) this.#readers.set(name, [node]);
        else if (!readers.includes(node)) readers.push(node);
      }
    }
  }

  /** The node that makes a value; undefined for graph inputs and constants. */
  producer(value: string): NodeProto | undefined {
    return this.#producers.get(value);
  }

  /** The nodes that read a value, each once. */
  readers(value: string): readonly NodeProto[] {
    return this.#readers.get(value) ?? [];
  }

  /** The constant of a name; undefined for what is computed. */
  constant(value: string): TensorProto | undefined {
    return this.#constants.get(value);
  }

  isOutput(value: string): boolean {
    return this.graph.output.some(({ name }) => name === value);
  }

  addConstant(tensor: TensorProto): void {
    this.graph.initializer.push(tensor);
    this.#constants.set(tensor.name, tensor);
  }

  /** Removes what no output needs, and puts the nodes into an order in which every value is made before it is read. */
  tidy(): void {
    this.refresh();
    const ordered: NodeProto[] = [];
    const seen = new Set<NodeProto>();
    // An explicit stack: a deep network would overflow the call stack.
    const stack: { node: NodeProto; next: number }[] = [];
    const enter = (value: string): void => {
      const node = this.producer(value);
      if (node === undefined || seen.has(node)) return;
      seen.add(node);
      stack.push({ node, next: 0 });
    };
    for (const { name } of this.graph.output) {
      enter(name);
      for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
        if (top.next < top.node.input.length) enter(top.node.input[top.next++]!);
        else ordered.push(stack.pop()!.node);
      }
    }
    this.graph.node = ordered;
    const used = new Set(ordered.flatMap((node) => node.input));
    for (const { name } of this.graph.output) used.add(name);
    this.graph.initializer = this.graph.initializer.filter(({ name }) => used.has(name));
    this.graph.valueInfo = [];
    this.refresh();
  }
}
