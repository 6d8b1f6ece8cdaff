// The router resource: every field of it with its type and limits, in the spelling in which the API answers.
import { z } from 'zod';
import { fallback as fallbackOptions, gatewayOptions, lifetime } from '../core/options.ts';
import { generation } from './router-generation.ts';
import { sort } from './router-sort.ts';
import { templates } from './router-templates.ts';

const MAX_ROUTES = 100;
const MAX_VARIANTS = 100;
export const MAX_COMMANDS = 100;
const MAX_MODELS = 32;

/** A model's name is checked in `router-checks.ts`, where it is known whether it is a router's. */
const model = z.string().min(1, 'must not be empty').max(256);

/** The API keeps durations as they were written; what is done with them is the request option's own affair. */
function duration(option: z.ZodType) {
  return z.string().superRefine((text, context) => {
    for (const { message } of option.safeParse(text).error?.issues ?? [])
      context.addIssue({ code: 'custom', message });
  });
}

const { shape: option } = fallbackOptions;
const fallback = z
  .strictObject({
    ttft_timeout: duration(option.ttft_timeout)
      .optional()
      .describe('to the first token, such as "800ms" (at least 300ms); then the next model'),
    idle_timeout: duration(option.idle_timeout)
      .optional()
      .describe('between two events of an answer that has begun'),
    min_tokens_per_second: option.min_tokens_per_second,
    total_timeout: duration(option.total_timeout)
      .optional()
      .describe('for the whole request, all attempts together'),
    mode: option.mode,
    resume: option.resume,
  })
  .describe('What happens when a model is late, slow or breaks off: as the request field.');

const cache = z.strictObject({
  ...gatewayOptions.shape.cache.unwrap().shape,
  ttl: z
    .union([
      duration(lifetime),
      z.number().positive('must be a number of seconds above 0, or a time such as "30m"'),
    ])
    .optional(),
});

const settings = {
  text_generation_config: generation
    .optional()
    .describe('a variant’s takes the place of the router’s, whole'),
  message_templates: templates
    .optional()
    .describe(
      'messages that stand before the caller’s; a variant’s take the place of the router’s',
    ),
  web_search: z
    .union([
      z.boolean(),
      z.strictObject({
        engine: z
          .string()
          .regex(/^[a-z0-9_-]{1,64}$/, 'must be the name of a search engine, such as "native"')
          .optional(),
        max_results: z.int().min(1).max(20).optional(),
        max_steps: z.int().min(1).max(5).optional(),
      }),
    ])
    .optional()
    .describe('a search tool of the gateway’s; not beside `web_search_options`'),
  web_search_options: z
    .strictObject({
      search_context_size: z.enum(['low', 'medium', 'high']).optional(),
      user_location: z.record(z.string(), z.json()).optional(),
    })
    .optional()
    .describe('the model’s own search; not beside `web_search`'),
  cache: cache.optional().describe('as the request field'),
  compression: z
    .strictObject({ aggressiveness: z.number().min(0).max(1) })
    .optional()
    .describe('0: leave every message as it is … 1: as short as can be'),
  fallback: fallback.optional(),
  log_bodies: z
    .boolean()
    .optional()
    .describe(
      'whether the bodies of its requests are kept in the log; `false` where others say yes',
    ),
  optimize_prompt: z.boolean().optional().describe('kept, and without effect'),
};

const variant = z
  .strictObject({
    variant_id: id().optional().describe('made from the model’s name where it is not given'),
    model_id: model.describe('`provider/model`, a bare model or `auto`; never a router'),
    model_selection: z
      .strictObject({
        models: z
          .array(model)
          .max(MAX_MODELS)
          .optional()
          .describe('fallbacks, in order; the pool of `auto` (models, or whole providers)'),
        sort: sort.optional().describe('the first decides, the others between equals'),
        ignore: z.array(model).max(256).optional().describe('models, or whole providers'),
        provider: z
          .strictObject({
            order: z.array(z.string().min(1).max(256)).max(MAX_MODELS).optional(),
            allow_fallbacks: z.boolean().optional(),
          })
          .optional(),
        fallback: fallback.optional().describe('the same as the variant’s own `fallback`'),
      })
      .optional(),
    ...settings,
  })
  .meta({ id: 'variant' });

/** Hundredths are checked with the sum, where all weights of a route are seen. */
const weighted = z.strictObject({
  variant,
  weight: z
    .number()
    .min(0)
    .max(100)
    .describe('percent, with two decimals at most; those of a route sum to exactly 100'),
});

const route = z
  .strictObject({
    route_id: id()
      .optional()
      .describe('unique in the router; `route-1` …, or `default`, where it is not given'),
    variants: z.array(weighted).min(1, 'must be at least one variant').max(MAX_VARIANTS),
  })
  .meta({ id: 'route' });

const conditionalRoute = z.strictObject({
  condition: z.strictObject({
    cel_expression: z
      .string()
      .min(1, 'must not be empty')
      .max(8192)
      .describe('for example `language == "es"`'),
  }),
  route,
});

export const routerFields = z.strictObject({
  name: z
    .string()
    .optional()
    .describe(
      'lower-case letters, digits and dashes; made from `displayName` where it is not given. Never changes; callers ask for `router/<name>`',
    ),
  displayName: z.string().max(200).optional(),
  defaults: z
    .strictObject(settings)
    .meta({ id: 'defaults' })
    .optional()
    .describe('for all variants that do not say otherwise'),
  routes: z
    .array(conditionalRoute)
    .max(MAX_ROUTES)
    .optional()
    .describe('in order: the first whose condition holds serves'),
  defaultRoute: route.optional().describe('serves where no condition holds'),
  commands: z
    .record(z.string(), z.union([z.string(), variant]))
    .optional()
    .describe(
      'who serves while a slash command is in force, by its name: a variant, a model, or the `variant_id` of a variant above',
    ),
});

export type RouterFields = z.output<typeof routerFields>;
export type VariantFields = z.output<typeof variant>;
export type RouteFields = z.output<typeof route>;
export type SettingsFields = NonNullable<RouterFields['defaults']>;

/** What the API adds to a resource: read back, they say nothing. */
export const OUTPUT_ONLY: ReadonlySet<string> = new Set([
  'etag',
  'version',
  'origin',
  'shadowed',
  'createTime',
  'updateTime',
]);

function id() {
  return z
    .string()
    .min(1, 'must not be empty')
    .max(128)
    .regex(/^[^\s\p{Cc}]+$/u, 'must be without blanks and line breaks');
}
