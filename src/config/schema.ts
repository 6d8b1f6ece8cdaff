// The configuration file's shape: names, types, defaults and limits. The one source for validation, docs and messages.
import { z } from 'zod';
import { duration, fallback, lifetime, promptCaching } from '../core/options.ts';
import { isNetworkOrHost } from '../lib/public-address.ts';
import { alerts } from './alerts-schema.ts';
import { audit } from './audit-schema.ts';
import { cache } from './cache-schema.ts';
import { configuredRouters } from './configured-routers.ts';
import { exports } from './exports-schema.ts';
import { health } from './health-schema.ts';
import { keys } from './keys-schema.ts';
import { limits as callerLimits } from './limits-schema.ts';
import { log } from './log-schema.ts';
import { metrics, scores } from './metrics-schema.ts';
import { operations } from './operations-schema.ts';
import { ownKeys } from './own-keys-schema.ts';
import { apiKeys, limits } from './pool-schema.ts';
import { price } from './price-schema.ts';
import { reconciliation } from './reconciliation-schema.ts';
import { size } from './size.ts';
import { telemetry } from './telemetry-schema.ts';

const url = z
  .string()
  .regex(/^https?:\/\/[^\s]+$/, 'must be an http:// or https:// URL')
  .transform((value) => value.replace(/\/+$/, ''));

const timeouts = z
  .strictObject({
    connect: duration.optional().describe('until the provider accepts a connection (default 5s)'),
    first_token: duration
      .optional()
      .describe('from dispatch to the first content of a stream (default 120s)'),
    idle: duration.optional().describe('between two events of a stream (default 60s)'),
    total: duration
      .optional()
      .describe('for the whole request, all attempts together (default 10m)'),
  })
  .describe('Deadlines, as durations such as "800ms", "10s" or "2m".');

const toolChoices = z.enum(['auto', 'none', 'required', 'tool']);

const quirks = z.strictObject({
  maxTokensField: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
  developerRole: z.boolean().optional(),
  streamUsage: z.boolean().optional(),
  reasoningField: z
    .enum(['reasoning_content', 'reasoning', 'reasoning_details', 'thinking-parts'])
    .optional(),
  prefill: z.enum(['plain', 'prefix-flag', 'partial-flag', 'continue-final-message']).optional(),
  documentPart: z.enum(['document_url']).optional(),
  reasoningReplay: z.enum(['required', 'accepted']).optional(),
  reasoningSummary: z.boolean().optional(),
  reasoningRequest: z
    .enum(['effort', 'reasoning-object', 'thinking-type', 'enable-thinking', 'none'])
    .optional(),
  efforts: z.array(z.string()).optional(),
  toolChoice: z.array(toolChoices).optional(),
  allowedTools: z.boolean().optional(),
  toolChoiceRequired: z.enum(['required', 'any']).optional(),
  toolChoiceWhileThinking: z
    .strictObject({ works: z.array(toolChoices), byDefault: z.boolean() })
    .optional(),
  parallelToolCalls: z.boolean().optional(),
  responseFormats: z.array(z.enum(['json_object', 'json_schema'])).optional(),
  schemaInJsonObject: z.boolean().optional(),
  refusedFields: z.array(z.string()).optional(),
  renamedFields: z.record(z.string(), z.string()).optional(),
  defaults: z.record(z.string(), z.json()).optional(),
  messageNames: z.boolean().optional(),
  textParts: z.boolean().optional(),
  topK: z.boolean().optional(),
  maxStops: z.int().positive().optional(),
  customTools: z.boolean().optional(),
  makersFields: z.boolean().optional(),
  refusedMessageFields: z.array(z.string()).optional(),
  webSearchOptions: z.boolean().optional(),
  toolResultImages: z.boolean().optional(),
  toolIdFormat: z.enum(['any', 'alnum9', 'max40']).optional(),
  callExtras: z.boolean().optional(),
  callExtrasStandIn: z.record(z.string(), z.json()).optional(),
  ownExtraBody: z.array(z.string()).optional(),
  cacheControl: z.boolean().optional(),
  hostedToolsFlag: z.boolean().optional(),
  imageUrls: z.boolean().optional(),
  documentUrls: z.boolean().optional(),
});

const provider = z.strictObject({
  dialect: z
    .enum([
      'openai-chat',
      'openai-responses',
      'anthropic-messages',
      'gemini',
      'bedrock-converse',
      'cohere',
    ])
    .optional(),
  base_url: url.optional(),
  resource: z
    .string()
    .min(1)
    .optional()
    .describe('azure: the name of the resource, or its address (https://…)'),
  api_version: z
    .string()
    .min(1)
    .optional()
    .describe('azure: a date such as 2024-10-21 for the deployments API; none for the v1 API'),
  aws: z
    .strictObject({
      access_key_id: z.string().optional(),
      secret_access_key: z.string().optional(),
      session_token: z.string().optional(),
      region: z.string().optional(),
    })
    .optional()
    .describe('bedrock: an AWS key pair; requests are signed with it'),
  region: z
    .string()
    .optional()
    .describe('bedrock: the AWS region (default AWS_REGION, else us-east-1)'),
  api_key: z.string().optional(),
  api_keys: apiKeys.optional(),
  limits: limits.optional(),
  project: z
    .string()
    .min(1)
    .optional()
    .describe('google-vertex, vertex-anthropic: the Google Cloud project'),
  location: z
    .string()
    .min(1)
    .optional()
    .describe('google-vertex, vertex-anthropic: a region, "us", "eu" or "global" (default global)'),
  credentials_file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'google-vertex, vertex-anthropic: a service account key, or application default credentials',
    ),
  models: z
    .array(z.string().min(1))
    .optional()
    .describe('model names it serves; others are forwarded all the same'),
  headers: z.record(z.string(), z.string()).optional().describe('sent with every request'),
  quirks: quirks.optional().describe('declared differences from the plain dialect'),
  operations: operations.optional(),
  price: z
    .literal('free')
    .optional()
    .describe(
      'free: its models cost nothing, but for those with a price of their own. Built-in local servers are free where no base_url is given',
    ),
  enabled: z
    .boolean()
    .optional()
    .describe('false: leave it out, whatever keys the environment has'),
});

const model = z.strictObject({
  id: z.string().regex(/^[^/]+\/.+$/, 'must be "provider/model"'),
  name: z.string().optional(),
  context: z.number().int().positive().optional().describe('tokens'),
  max_output: z.number().int().positive().optional().describe('tokens'),
  price: price.optional(),
  scores: scores.optional(),
});

const state = z
  .strictObject({
    memory: size.optional().describe('held in memory, all kinds together (default 32MB)'),
    responses: z
      .strictObject({
        ttl: lifetime
          .optional()
          .describe('how long a stored response can be gone on from (default 30d)'),
        max_bytes: size
          .optional()
          .describe('of them in the database; the oldest go first (default 1GB)'),
      })
      .optional(),
    reasoning: z
      .strictObject({
        ttl: lifetime
          .optional()
          .describe('how long reasoning before tool calls can be put back (default 24h)'),
        max_bytes: size
          .optional()
          .describe('of it in the database; the oldest goes first (default 256MB)'),
      })
      .optional(),
  })
  .describe(
    'What is kept of conversations, by key: stored responses, and reasoning that clients drop.',
  );

export const configSchema = z.strictObject({
  server: z
    .strictObject({
      host: z.string().optional(),
      port: z.number().int().min(0).max(65535).optional(),
      max_body: size.optional().describe('largest request body (default 16MB)'),
      max_upload: size
        .optional()
        .describe('largest form with files in it, such as sound to transcribe (default 64MB)'),
      drain: duration
        .optional()
        .describe('how long a stop waits for running requests (default 30s)'),
    })
    .optional(),
  providers: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, - or _'),
      provider.nullable(),
    )
    .optional(),
  models: z.array(model).optional(),
  metrics: metrics.optional(),
  routers: configuredRouters
    .optional()
    .describe('which model serves whom: see below. The API shows them, and does not change them'),
  timeouts: timeouts.optional(),
  health: health.optional(),
  state: state.optional(),
  log: log.optional(),
  audit: audit.optional(),
  keys: keys.optional(),
  limits: callerLimits.optional(),
  telemetry: telemetry.optional(),
  exports: exports.optional(),
  reconciliation: reconciliation.optional(),
  alerts: alerts.optional(),
  fallback: z
    .strictObject(fallback.shape)
    .omit({ total_timeout: true })
    .optional()
    .describe('What requests that say nothing of it in their own "fallback" get.'),
  own_keys: ownKeys.optional(),
  retries: z
    .number()
    .int()
    .min(0)
    .max(5)
    .optional()
    .describe('more tries of the last candidate after a passing fault (default 1)'),
  media: z
    .strictObject({
      fetch: z
        .boolean()
        .optional()
        .describe('false: nothing is fetched on a caller’s behalf (default true)'),
      max_size: size
        .optional()
        .describe(
          'largest file that is fetched; all of one request may be four times that (default 20MB)',
        ),
      timeout: duration.optional().describe('for one file, redirects included (default 10s)'),
      allow: z
        .array(
          z.string().refine(isNetworkOrHost, 'must be a host name or a network such as 10.0.0.0/8'),
        )
        .optional()
        .describe('private networks (10.0.0.0/8) and host names that may be asked all the same'),
    })
    .optional()
    .describe('Files that callers name by URL, where the model’s provider takes only bytes.'),
  cache: cache.optional(),
  prompt_caching: promptCaching
    .optional()
    .describe('sets cache marks on requests that have none, where the provider needs them'),
  discovery: z
    .strictObject({ local: z.boolean().optional() })
    .optional()
    .describe('look for local model servers on loopback'),
});

export type ConfigFile = z.output<typeof configSchema>;
export type ProviderConfig = NonNullable<NonNullable<ConfigFile['providers']>[string]>;
export type ModelConfig = NonNullable<ConfigFile['models']>[number];
