// Google AI Studio: Gemini, through its OpenAI-compatible endpoint. Its native wire comes later.
import type { Provider } from '../core/provider.ts';

export const google: Provider = {
  id: 'google',
  name: 'Google AI Studio (Gemini)',
  aliases: ['google-ai-studio', 'gemini'],
  dialect: 'openai-chat',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai',
  auth: { kind: 'bearer' },
  env: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY'],
  quirks: {
    // The page's roles are system, user, assistant and tool.
    developerRole: false,
    reasoningRequest: 'effort',
    // The page maps these three for every model that thinks; `minimal` is reported as refused by some.
    efforts: ['low', 'medium', 'high'],
    modelRules: [
      // "If you want to disable thinking, you can set reasoning_effort to "none" for 2.5 models. Reasoning cannot be
      // turned off for Gemini 2.5 Pro or 3 models." Recorded: 2.5 takes its tool calls back unsigned.
      { match: 'gemini-2-5-flash', efforts: ['none', 'low', 'medium', 'high'], bareCalls: true },
      { match: 'gemini-2-5', bareCalls: true },
      { match: 'gemini-2-0', bareCalls: true },
      { match: 'gemma', bareCalls: true },
    ],
    // "When using Gemini 3 models, you must pass back thought signatures during function calling", which stand in
    // `extra_content.google.thought_signature` here. For calls that were not Gemini's, clients written for it send this
    // stand-in, citing the page.
    callExtras: true,
    callExtrasStandIn: { google: { thought_signature: 'skip_thought_signature_validator' } },
    // Where the page puts `thinking_config`. Reported from the live API: at the top level it is an unknown name.
    ownExtraBody: ['google'],
    // Reported from the live API: first "Unknown name", then "Parallel tool calls are not supported."
    parallelToolCalls: false,
    // Reported from the live API: 400 "Unknown name …: Cannot find field"; of either penalty "Penalty is not enabled for
    // this model".
    refusedFields: ['frequency_penalty', 'presence_penalty', 'seed', 'store'],
    // The parser refuses names it does not know; these come back with other makers' answers.
    refusedMessageFields: ['annotations', 'reasoning', 'reasoning_content', 'reasoning_details'],
  },
  docs: [
    'https://ai.google.dev/gemini-api/docs/openai',
    'https://ai.google.dev/gemini-api/docs/thought-signatures',
  ],
};
