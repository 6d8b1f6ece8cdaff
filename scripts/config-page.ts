// docs/config.md, from the configuration's schema.
import { z } from 'zod';
import { configSchema } from '../src/config/schema.ts';
import { routerSection } from './router-section.ts';
import { rowsOf, type Schema } from './schema-rows.ts';

export function configPage(): string {
  const schema = z.toJSONSchema(configSchema, { unrepresentable: 'any', io: 'input' }) as Schema;
  return `# Configuration

\`switchyard.yaml\`, or the file named by \`--config\` or \`SWITCHYARD_CONFIG\`. Nothing in it is required: without a file, providers are found by the usual names of their keys in the environment. \`\${NAME}\` and \`\${NAME:-default}\` stand for environment variables. A key that is not known is an error that names its line and the nearest known one; \`switchyard check\` finds it before a start does. Saving the file, or SIGHUP, swaps the whole configuration at once; a bad one is refused and the old one goes on.

[switchyard.example.yaml](../switchyard.example.yaml) shows each of these in use.

| setting | type | what |
|---|---|---|
${rowsOf(schema, '').join('\n')}

Durations are texts such as \`"800ms"\`, \`"10s"\` or \`"2m"\`; sizes are texts such as \`"16MB"\`. Prices are US dollars per million tokens (\`search\`: per thousand; \`characters\`: per million; \`image\`, \`audio_minute\`: each). Generated from \`src/config/schema.ts\`.

${routerSection()}`;
}
