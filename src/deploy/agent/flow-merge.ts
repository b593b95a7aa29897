import { createHash } from 'node:crypto';

/** A node of a flow file: tab, group, subflow, config node or node. */
export type FlowNode = Record<string, unknown> & { id: string; type: string; z?: string };

/** Node-RED's ids are 16 hexadecimal digits. */
function idFor(station: string, id: string): string {
  return createHash('sha256').update(`${station}\n${id}`).digest('hex').slice(0, 16);
}

/** Settings of the whole Node-RED that an export may carry: they are not the station's to change. */
const NOT_OURS = new Set(['global-config']);

function renamed(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') {
    const instance = value.startsWith('subflow:') ? ids.get(value.slice('subflow:'.length)) : undefined;
    return instance === undefined ? (ids.get(value) ?? value) : `subflow:${instance}`;
  }
  if (Array.isArray(value)) return value.map((each) => renamed(each, ids));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, renamed(each, ids)]));
}

/**
 * A flow file as it is to be on a station. Every id becomes one that depends on station and old id alone: so a flow that is
 * deployed twice is the same flow, and none of its nodes can have the id of somebody else's.
 *
 * @param model a station folder for the flow's inspection-model, where it has exactly one
 */
export function adapted(nodes: readonly FlowNode[], station: string, model: string | undefined): FlowNode[] {
  const wanted = nodes.filter(({ type }) => !NOT_OURS.has(type));
  const ids = new Map(wanted.map(({ id }) => [id, idFor(station, id)]));
  const models = wanted.filter(({ type }) => type === 'inspection-model');
  return wanted.map((node) => {
    const changed = renamed(node, ids) as FlowNode;
    if (model !== undefined && models.length === 1 && node === models[0]) changed.model = model;
    if (node.type === 'defect-alert') changed.station = station;
    return changed;
  });
}

/** What makes a node: everything but its credentials, which Node-RED never tells. */
function textOf(node: FlowNode): string {
  const sorted = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, each]) => [key, sorted(each)]),
    );
  };
  const { credentials: _, ...rest } = node;
  return JSON.stringify(sorted(rest));
}

/** A hash of nodes, whatever their order. */
export function fingerprint(nodes: readonly FlowNode[]): string {
  return createHash('sha256').update(nodes.map(textOf).sort().join('\n')).digest('hex');
}

/** Of all nodes those that a station's flow is made of: by id, and whatever else stands on its tabs. */
export function owned(all: readonly FlowNode[], ids: ReadonlySet<string>): FlowNode[] {
  return all.filter(({ id, z }) => ids.has(id) || (z !== undefined && ids.has(z)));
}

/** All nodes, with a station's own replaced; everybody else's stay as they are, and in their order. */
export function merged(all: readonly FlowNode[], mine: readonly FlowNode[], ids: ReadonlySet<string>): FlowNode[] {
  const former = new Set(owned(all, ids));
  const first = all.findIndex((node) => former.has(node));
  const others = all.filter((node) => !former.has(node));
  const place = first === -1 ? others.length : all.slice(0, first).filter((node) => !former.has(node)).length;
  return [...others.slice(0, place), ...mine, ...others.slice(place)];
}
