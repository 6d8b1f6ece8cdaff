// docs/config.md, from the configuration's schema.
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: { readonly [name: string]: Schema };
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
}

export function configPage(): string {
  const schema = z.toJSONSchema(configSchema, { unrepresentable: 'any', io: 'input' }) as Schema;
  return `# Configuration

\`switchyard.yaml\`, or the file named by \`--config\` or \`SWITCHYARD_CONFIG\`. Nothing in it is required: without a file, providers are found by the usual names of their keys in the environment. \`\${NAME}\` and \`\${NAME:-default}\` stand for environment variables. A key that is not known is an error that names its line and the nearest known one; \`switchyard check\` finds it before a start does. Saving the file, or SIGHUP, swaps the whole configuration at once; a bad one is refused and the old one goes on.

[switchyard.example.yaml](../switchyard.example.yaml) shows each of these in use.

| setting | type | what |
|---|---|---|
${rowsOf(schema, '').join('\n')}

Durations are texts such as \`"800ms"\`, \`"10s"\` or \`"2m"\`; sizes are texts such as \`"16MB"\`. Prices are US dollars per million tokens (\`search\`: per thousand; \`characters\`: per million; \`image\`, \`audio_minute\`: each). Generated from \`src/config/schema.ts\`.
`;
}

function rowsOf(schema: Schema, path: string): string[] {
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
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' \\| ');
  if (schema.anyOf) return [...new Set(schema.anyOf.map(typeOf))].join(' \\| ');
  if (schema.type === 'array') return `list of ${schema.items ? typeOf(schema.items) : 'any'}`;
  return typeof schema.type === 'string' ? schema.type : 'any';
}
