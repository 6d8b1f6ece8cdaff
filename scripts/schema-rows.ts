// A JSON schema as the rows of a table: one field a row, with its path, type and description.

export interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  /** Forms that are told apart by their `type`. */
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly $ref?: string;
  readonly $defs?: { readonly [name: string]: Schema };
}

const NAMED = '#/$defs/';
/** Names that the generator made up for a schema that is part of itself. */
const MADE_UP = /^__/;

export function rowsOf(schema: Schema, path: string): string[] {
  if (schema.oneOf !== undefined) return rowsOfForms(schema.oneOf, path);
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

/** What all forms have once; what one has on its own with its `type`. */
function rowsOfForms(forms: readonly Schema[], path: string): string[] {
  const byForm = forms.map((form) => {
    const { type, ...properties } = form.properties ?? {};
    return { type: String(type?.const), rows: rowsOf({ ...form, properties }, path) };
  });
  const isShared = (row: string) => byForm.every(({ rows }) => rows.includes(row));
  const types = byForm.map(({ type }) => `\`${type}\``).join(' \\| ');
  return [
    `| \`${path}.type\` | ${types} | decides which of the others there are |`,
    ...byForm.flatMap(({ type, rows }) =>
      rows
        .filter((row) => !isShared(row))
        .map((row) => row.replace(/ \|$/, `${row.endsWith('|  |') ? '' : ' '}(${type}) |`)),
    ),
    ...(byForm[0]?.rows.filter(isShared) ?? []),
  ];
}

function typeOf(schema: Schema): string {
  const name = schema.$ref?.startsWith(NAMED) ? schema.$ref.slice(NAMED.length) : '';
  if (name !== '' && !MADE_UP.test(name)) return `[${name}](#${name})`;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' \\| ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' \\| ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'any'}`;
  return [schema.type ?? 'any'].flat().join(' \\| ');
}
