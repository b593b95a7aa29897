// What comes before a node in a flow. Shared by the run time and the browser: no imports of Node.js here.

/** A node as flows describe it. */
export interface FlowPart {
  id: string;
  type: string;
  wires?: unknown;
  /** Of a link node: the other ends. */
  links?: unknown;
  [property: string]: unknown;
}

/** Nodes that let detections through as they are: beyond any other, classes may have other names. */
const PASSING = new Set([
  ...['nms', 'thermal-guard', 'model-shadow', 'link in', 'link out', 'link call', 'junction'],
  ...['switch', 'delay', 'rbe', 'trigger', 'sort', 'batch'],
]);

/** The ids that a node sends to. */
function targetsOf({ type, wires, links }: FlowPart): string[] {
  const outputs = Array.isArray(wires) ? (wires as unknown[]) : [];
  const wired = outputs.flatMap((ids) => (Array.isArray(ids) ? (ids as string[]) : []));
  const isLinkOut = type === 'link out' || type === 'link call';
  return isLinkOut && Array.isArray(links) ? [...wired, ...(links as string[])] : wired;
}

/** Finds the nodes that send to a node. */
function sendersIn(parts: readonly FlowPart[]): (id: string) => FlowPart[] {
  const senders = new Map<string, FlowPart[]>();
  for (const part of parts) {
    for (const target of targetsOf(part)) senders.set(target, [...(senders.get(target) ?? []), part]);
  }
  return (id) => senders.get(id) ?? [];
}

/** The nodes of a type whose messages reach a node, the nearest first. */
export function partsBefore(parts: readonly FlowPart[], id: string, type: string): FlowPart[] {
  const sendersOf = sendersIn(parts);
  const seen = new Set([id]);
  const found: FlowPart[] = [];
  const open = [id];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    for (const sender of sendersOf(next)) {
      if (seen.has(sender.id)) continue;
      seen.add(sender.id);
      open.push(sender.id);
      if (sender.type === type) found.push(sender);
    }
  }
  return found;
}

/** Whose detections reach a node. */
export interface ModelsBefore {
  /** Ids of inspection-model nodes. */
  models: string[];
  /** Nothing on the way can have given their classes other names. */
  isUnchanged: boolean;
}

/** The models whose detections reach a node by its wires. */
export function modelsBefore(parts: readonly FlowPart[], id: string): ModelsBefore {
  const sendersOf = sendersIn(parts);
  const seen = new Set<string>([id]);
  const models = new Set<string>();

  /** @returns whether all detections that come this way are as a detector gave them; undefined: none come */
  function look(target: string): boolean | undefined {
    let isUnchanged: boolean | undefined;
    for (const sender of sendersOf(target)) {
      if (seen.has(sender.id)) continue;
      seen.add(sender.id);
      const isDetector = sender.type === 'yolo-int8-detect';
      if (isDetector && typeof sender.model === 'string' && sender.model !== '') models.add(sender.model);
      const before = isDetector ? true : look(sender.id);
      if (before === undefined) continue;
      isUnchanged = (isUnchanged ?? true) && before && (isDetector || PASSING.has(sender.type));
    }
    return isUnchanged;
  }

  const isUnchanged = look(id) ?? false;
  return { models: [...models], isUnchanged };
}
