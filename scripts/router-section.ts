// The part of docs/config.md about routers, from the resource's schema.
import { z } from 'zod';
import { routerFields } from '../src/config/router-fields.ts';
import { rowsOf, type Schema } from './schema-rows.ts';

const HEAD = '| field | type | what |\n|---|---|---|';

export function routerSection(): string {
  const schema = z.toJSONSchema(routerFields, { unrepresentable: 'any', io: 'input' }) as Schema;
  const { defaults = {}, route = {}, variant = {} } = schema.$defs ?? {};
  const shared = new Set(Object.keys(defaults.properties ?? {}));
  const own = Object.entries(variant.properties ?? {}).filter(([field]) => !shared.has(field));
  return `## Routers

A router says which model serves whom. Callers ask for it as \`router/<name>\` (or \`inworld/<name>\`).

\`\`\`yaml
routers:
  - displayName: User-Aware                 # its name: user-aware
    routes:                                 # in order: the first whose condition holds
      - condition: { cel_expression: 'plan == "free"' }
        route:
          variants:
            - { weight: 90, variant: { model_id: openai/gpt-5.2-mini } }
            - { weight: 10, variant: { model_id: auto, model_selection: { sort: [price] } } }
    defaultRoute:                           # where none holds
      variants:
        - { weight: 100, variant: { variant_id: best, model_id: anthropic/claude-sonnet-4-6 } }
    commands: { review: best, code: openai/gpt-5.2 }   # while /review or /code is in force
\`\`\`

The same object is the body of \`POST /router/v1/routers\`. Every field may be written in snake_case and in camelCase. A router that is not good is refused with everything that is wrong with it, by path (of what its conditions say, once the rest is right); in the file, by line. Names and ids that are left out are made from what is there and stay.

Routers of the file and of the API are one list: \`GET /router/v1/routers\` tells the \`origin\` of each. Those of the file are changed in the file. Where both have a name, the file's serves, and the API's is listed as \`shadowed\`. Those of the API carry a \`version\` and an \`etag\`: a change that names an older one (\`If-Match\`, or \`etag\` in the body) is refused with 412. Without \`update_mask\`, the fields a PATCH has take the place of the router's, each whole, and null clears one; with it (\`display_name,defaults.message_templates\`, or \`*\`), the fields it names do, and those the body does not have are cleared. \`GET …/{id}/versions\` lists what was, \`POST …/{id}:rollback {"version": 3}\` makes it be again.

### router

${HEAD}
${rowsOf(schema, '').join('\n')}

### route

${HEAD}
${rowsOf(route, '').join('\n')}

### variant

Its own fields, and all those of \`defaults\`, which take the place of the router's.

${HEAD}
${rowsOf({ properties: Object.fromEntries(own) }, '').join('\n')}

### defaults

What is put to the requests that are sent on. What a request says itself wins.

${HEAD}
${rowsOf(defaults, '').join('\n')}
`;
}
