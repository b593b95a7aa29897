export interface Schema {
  [keyword: string]: unknown;
  $ref?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema | boolean;
  prefixItems?: Schema[];
  additionalProperties?: Schema | boolean;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  type?: string | string[];
}

type Resolve = (ref: string) => Schema;

/**
 * What a schema says about the form of a document, and nothing else: one line per property with whether it must be there,
 * what it may be, and its choices. Limits, patterns and formats are left out, so that a schema with them can be compared
 * with the one that a type gives.
 */
export function shapeOf(schema: Schema, resolve: Resolve, path = ''): string[] {
  const { kinds, parts } = alternatives(schema, resolve);
  const lines = [`${path || '(the document)'}: ${[...kinds].sort().join(' | ')}`];
  for (const part of parts) {
    for (const [name, property] of Object.entries(part.properties ?? {})) {
      const isRequired = part.required?.includes(name) ?? false;
      lines.push(...shapeOf(property, resolve, `${path}.${name}${isRequired ? '' : '?'}`));
    }
    if (typeof part.additionalProperties === 'object' && Object.keys(part.additionalProperties).length > 0) {
      lines.push(...shapeOf(part.additionalProperties, resolve, `${path}.*`));
    }
    const items = part.prefixItems?.[0] ?? (typeof part.items === 'object' ? part.items : undefined);
    if (items) lines.push(...shapeOf(Array.isArray(items) ? (items[0] as Schema) : items, resolve, `${path}[]`));
  }
  return [...new Set(lines)].sort();
}

/** The kinds of value that a schema allows, and the schemas that say more about them. */
function alternatives(schema: Schema, resolve: Resolve): { kinds: Set<string>; parts: Schema[] } {
  if (schema.$ref !== undefined) return alternatives(resolve(schema.$ref), resolve);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    const all = branches.map((branch) => alternatives(branch, resolve));
    return { kinds: new Set(all.flatMap(({ kinds }) => [...kinds])), parts: all.flatMap(({ parts }) => parts) };
  }
  const choices = schema.enum ?? ('const' in schema ? [schema.const] : undefined);
  const types = choices?.map((choice) => JSON.stringify(choice)) ?? [schema.type ?? 'anything'].flat();
  return { kinds: new Set(types.map((type) => (type === 'integer' ? 'number' : type))), parts: [schema] };
}
