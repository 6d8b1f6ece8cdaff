// Google AI Studio: Gemini on its own wire. Its OpenAI-compatible endpoint is `dialect: openai-chat` with that endpoint's
// base URL; the quirks of both stand here.
import type { ModelRule, Provider } from '../core/provider.ts';

// What the generations take, on their own wire and (`efforts`, `bareCalls`) on the OpenAI-compatible endpoint.

/** Before thinking; also the open models beside them. */
const UNTHINKING = {
  bareCalls: true,
  thinkingLevels: [],
  searchBesideTools: false,
  schemaBesideTools: false,
  mediaInResults: false,
  mediaUrls: false,
} as const satisfies Omit<ModelRule, 'match'>;

/** Thinking by budget. Recorded: takes its tool calls back unsigned. "Penalty is not enabled for this model." */
const BUDGETED = {
  bareCalls: true,
  penalties: false,
  searchBesideTools: false,
  schemaBesideTools: false,
  mediaInResults: false,
} as const satisfies Omit<ModelRule, 'match'>;

const GEMINI_RULES: readonly ModelRule[] = [
  { match: 'gemma', ...UNTHINKING },
  { match: 'gemini-1-5', ...UNTHINKING },
  { match: 'gemini-2-0', ...UNTHINKING },
  // ai.google.dev/gemini-api/docs/thinking#set-budget. "Reasoning cannot be turned off for Gemini 2.5 Pro or 3 models."
  { match: 'gemini-2-5', ...BUDGETED, thinkingBudget: { min: 128, max: 32_768, off: false } },
  {
    match: 'gemini-2-5-flash',
    ...BUDGETED,
    efforts: ['none', 'low', 'medium', 'high'],
    thinkingBudget: { min: 1, max: 24_576, off: true },
  },
  {
    match: 'gemini-2-5-flash-lite',
    ...BUDGETED,
    efforts: ['none', 'low', 'medium', 'high'],
    thinkingBudget: { min: 512, max: 24_576, off: true },
  },
  { match: 'gemini-2-5-flash-image', ...BUDGETED, thinkingLevels: [] },
  // ai.google.dev/gemini-api/docs/thinking#thinking-levels
  { match: 'gemini-3', penalties: false, thinkingLevels: ['minimal', 'low', 'medium', 'high'] },
  { match: 'gemini-3-pro', penalties: false, thinkingLevels: ['low', 'high'] },
  { match: 'gemini-3-1-pro', penalties: false, thinkingLevels: ['low', 'medium', 'high'] },
  { match: 'gemini-3-pro-image', penalties: false, bareCalls: true, thinkingLevels: [] },
  // "Custom values for parameters like temperature, top-K, and top-P aren't supported … API requests where the last
  // input turn has the Model role aren't supported" (docs.cloud.google.com, its model page).
  {
    match: 'gemini-3-5-flash-lite',
    penalties: false,
    sampling: 'none',
    prefill: false,
    thinkingLevels: ['minimal', 'low', 'medium', 'high'],
  },
];

export const google: Provider = {
  id: 'google',
  name: 'Google AI Studio (Gemini)',
  telemetryName: 'gcp.gemini',
  aliases: ['google-ai-studio', 'gemini'],
  dialect: 'gemini',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  auth: { kind: 'google-oauth' },
  env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  quirks: {
    modelRules: GEMINI_RULES,
    // Grounding with Google Search is a tool of the API's own.
    webSearchOptions: true,
    hostedToolsFlag: true,
    // From here on: the OpenAI-compatible endpoint.
    // The page's roles are system, user, assistant and tool.
    developerRole: false,
    reasoningRequest: 'effort',
    // The page maps these three for every model that thinks; `minimal` is reported as refused by some.
    efforts: ['low', 'medium', 'high'],
    // "When using Gemini 3 models, you must pass back thought signatures during function calling", which stand in
    // `extra_content.google.thought_signature` there. For calls that were not Gemini's, clients written for it send this
    // stand-in, citing the page.
    callExtras: true,
    callExtrasStandIn: { google: { thought_signature: 'skip_thought_signature_validator' } },
    // Where the page puts `thinking_config`. Reported from the live API: at the top level it is an unknown name.
    ownExtraBody: ['google'],
    // Reported from the live API: first "Unknown name", then "Parallel tool calls are not supported."
    parallelToolCalls: false,
    // Reported from the live API: 400 "Unknown name …: Cannot find field"; of either penalty "Penalty is not enabled for
    // this model".
    refusedFields: ['frequency_penalty', 'presence_penalty', 'seed', 'store', 'web_search_options'],
    // The parser refuses names it does not know; these come back with other makers' answers.
    refusedMessageFields: ['annotations', 'reasoning', 'reasoning_content', 'reasoning_details'],
  },
  docs: [
    'https://ai.google.dev/api/generate-content',
    'https://ai.google.dev/gemini-api/docs/thought-signatures',
    'https://ai.google.dev/gemini-api/docs/openai',
  ],
};
