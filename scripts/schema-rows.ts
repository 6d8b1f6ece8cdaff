// A JSON schema as the rows of a table: one field a row, with its path, type and description.

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly $defs?: { readonly [name: string]: Schema };
}

const NAMED = '#/$defs/';
/** Names that the generator made up for a schema that is part of itself. */
const MADE_UP = /^__/;

export function rowsOf(schema: Schema, path: string): string[] {
  const object =
    schema.properties || schema.additionalProperties
      ? schema
      : schema.anyOf?.find((one) => one.properties);
  const rows: string[] = [];
  for (const [name, member] of Object.entries(object?.properties ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    rows.push(
      `| \`${at}\` | ${typeOf(member)} | ${member.description ?? ''} |`,
      ...rowsOf(member, at),
    );
    if (member.items?.properties || member.items?.anyOf)
      rows.push(...rowsOf(member.items, `${at}[]`));
  }
  if (typeof object?.additionalProperties === 'object')
    rows.push(...rowsOf(object.additionalProperties, `${path}.<id>`));
  return rows;
}

function typeOf(schema: Schema): string {
  const name = schema.$ref?.startsWith(NAMED) ? schema.$ref.slice(NAMED.length) : '';
  if (name !== '' && !MADE_UP.test(name)) return `[${name}](#${name})`;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' \\| ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' \\| ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'any'}`;
  return typeof schema.type === 'string' ? schema.type : 'any';
}
