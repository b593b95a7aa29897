/** What is told under the name of a part, where parts are known by their ids. */
interface Named<Value> {
  id: string;
  name: string;
  value: Value;
}

/**
 * Values by the names that people gave. Where several parts have one name, each is told as `name (id)`: the numbers of one
 * never stand for those of another.
 */
export function byName<Value>(parts: readonly Named<Value>[]): Record<string, Value> {
  const bearers = new Map<string, number>();
  for (const { name } of parts) bearers.set(name, (bearers.get(name) ?? 0) + 1);
  return Object.fromEntries(
    parts.map(({ id, name, value }) => [(bearers.get(name) ?? 0) > 1 ? `${name} (${id})` : name, value]),
  );
}
