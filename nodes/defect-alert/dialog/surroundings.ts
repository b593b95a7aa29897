import type { EditorNode, Red } from '../../shared/editor/red';
import { modelsBefore, partsBefore, type FlowPart } from '../../shared/upstream';

declare const RED: Red;

/** Classes that the rules of a node may name, by its id: known since its dialog was open. */
const known = new Map<string, readonly string[]>();

/** The classes that a node's rules are held to; empty: not known. */
export function classesFor({ id }: EditorNode): readonly string[] {
  return known.get(id) ?? [];
}

/** The cameras whose pictures reach a node, as they are in the editor. */
export function camerasBefore({ id }: EditorNode): FlowPart[] {
  return partsBefore(RED.nodes.createCompleteNodeSet(), id, 'camera-in');
}

/** The names of all other stations in the editor, deployed or not. */
export function stationsBeside({ id }: EditorNode): string[] {
  const others = RED.nodes.createCompleteNodeSet().filter((part) => part.type === 'defect-alert' && part.id !== id);
  return others.flatMap(({ station }) =>
    typeof station === 'string' && station.trim() !== '' ? [station.trim()] : [],
  );
}

/** The class names of an inspection-model; undefined: they cannot be had. */
async function namesOf(part: FlowPart | undefined): Promise<string[] | undefined> {
  if (part === undefined) return undefined;
  const { classNames } = (await $.ajax({
    url: 'inspection-model/classes',
    method: 'POST',
    contentType: 'application/json',
    data: JSON.stringify({ model: part.model }),
  })) as { classNames: string[] };
  return classNames.length > 0 ? classNames : undefined;
}

/**
 * Classes that may be offered: of the models before a node, else of the one that draws for it.
 *
 * @param drawnBy id of an inspection-model, or nothing
 */
export async function findClasses({ id }: EditorNode, drawnBy: string): Promise<string[]> {
  known.delete(id);
  const parts = RED.nodes.createCompleteNodeSet();
  const { models, isUnchanged } = modelsBefore(parts, id);
  const asked = models.length > 0 ? models : [drawnBy];
  const lists = await Promise.all(
    asked.map((model) => namesOf(parts.find((part) => part.id === model)).catch(() => undefined)),
  );
  const names = [...new Set(lists.flatMap((list) => list ?? []))];
  // one that is not known might have any class
  if (models.length > 0 && isUnchanged && lists.every((list) => list !== undefined)) known.set(id, names);
  return names;
}
