// The checked resource → Router, the form that the plan goes by.
import { cacheOptions, fallback as fallbackOptions } from '../core/options.ts';
import type {
  GenerationConfig,
  MessageTemplate,
  ModelSelection,
  Route,
  Router,
  Variant,
  VariantSettings,
} from '../core/router.ts';
import type { RouteFields, RouterFields, SettingsFields, VariantFields } from './router-fields.ts';
import { shortDirection, shortMetric } from './router-sort.ts';

export function routerFrom(id: string, fields: RouterFields): Router {
  const routes = (fields.routes ?? []).map(({ condition, route }) => ({
    condition: condition.cel_expression,
    route: routeFrom(route),
  }));
  const defaultRoute = fields.defaultRoute === undefined ? null : routeFrom(fields.defaultRoute);
  const variants = [...routes.map(({ route }) => route), ...(defaultRoute ? [defaultRoute] : [])]
    .flatMap((route) => route.variants)
    .map(({ variant }) => variant);
  const commands = Object.entries(fields.commands ?? {}).map(([command, target]) => {
    if (typeof target !== 'string') return [command, variantFrom(target)] as const;
    const named = variants.find((variant) => variant.id === target);
    return [command, named ?? variantFrom({ variant_id: command, model_id: target })] as const;
  });
  return {
    id,
    displayName: fields.displayName || null,
    defaults: settingsFrom(fields.defaults ?? {}),
    routes,
    defaultRoute,
    commands: Object.fromEntries(commands),
  };
}

function routeFrom({ route_id, variants }: RouteFields): Route {
  return {
    id: route_id ?? '',
    variants: variants.map(({ weight, variant }) => ({ weight, variant: variantFrom(variant) })),
  };
}

function variantFrom(fields: VariantFields): Variant {
  const { variant_id, model_id, model_selection = {} } = fields;
  const { models, sort, ignore, provider } = model_selection;
  const selection: ModelSelection = present({
    models,
    sort: sort?.map(({ metric, direction }) => ({
      metric: shortMetric(metric),
      direction: shortDirection(direction),
    })),
    ignore,
    provider,
  });
  const fallback = fields.fallback ?? model_selection.fallback;
  return {
    id: variant_id ?? '',
    model: model_id,
    selection,
    settings: settingsFrom({ ...fields, fallback }),
  };
}

function settingsFrom(fields: SettingsFields): VariantSettings {
  const { text_generation_config: generation, message_templates: templates, fallback } = fields;
  return present({
    generation: generation && generationFrom(generation),
    templates: templates?.map((template): MessageTemplate => {
      const { role, content, tool_calls, tool_call_id: toolCallId } = template;
      const toolCalls = tool_calls?.map(({ id, name, args }) => ({ id, name, arguments: args }));
      return { role, content, ...present({ toolCalls, toolCallId }) };
    }),
    webSearch: fields.web_search,
    webSearchOptions: fields.web_search_options,
    cache: fields.cache && cacheOptions.parse(fields.cache),
    compression: fields.compression,
    fallback: fallback && fallbackOptions.parse(fallback),
    logBodies: fields.log_bodies,
  });
}

function generationFrom(
  fields: NonNullable<SettingsFields['text_generation_config']>,
): GenerationConfig {
  const { reasoning, logit_bias } = fields;
  return present({
    maxTokens: fields.max_tokens,
    temperature: fields.temperature,
    topP: fields.top_p,
    repetitionPenalty: fields.repetition_penalty,
    frequencyPenalty: fields.frequency_penalty,
    presencePenalty: fields.presence_penalty,
    stop: fields.stop_sequences,
    seed: fields.seed,
    logitBias:
      logit_bias &&
      Object.fromEntries(logit_bias.map(({ token_id, bias_value }) => [token_id, bias_value])),
    reasoning:
      reasoning &&
      present({
        effort: reasoning.effort,
        maxTokens: reasoning.max_tokens,
        exclude: reasoning.exclude,
      }),
  });
}

type Present<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Without the members that are `undefined`: a setting that is not there is one that nobody made. */
function present<T extends object>(members: T): Present<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Present<T>;
}
