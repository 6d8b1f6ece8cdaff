// Azure OpenAI: OpenAI's wires at an address of the customer's own, with content filters in every answer.
import type { Provider } from '../core/provider.ts';
import { openai } from './openai.ts';

export const azure: Provider = {
  id: 'azure',
  name: 'Azure OpenAI',
  telemetryName: 'azure.ai.openai',
  aliases: ['azure-openai'],
  dialect: 'openai-chat',
  alsoSpeaks: ['openai-responses'],
  // Every customer has a host of its own; the configuration puts its resource here. "model" is the name of a deployment.
  baseUrl: 'https://RESOURCE.openai.azure.com/openai/v1',
  addressedBy: 'azure-resource',
  // A Microsoft Entra ID token travels as a bearer token instead.
  auth: { kind: 'header', name: 'api-key' },
  env: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
  quirks: {
    // "max_tokens … not supported with o-series models. Use max_completion_tokens instead", which the others take too.
    maxTokensField: 'max_completion_tokens',
    refusedFields: openai.quirks.refusedFields ?? [],
    refusedMessageFields: openai.quirks.refusedMessageFields ?? [],
    toolIdFormat: 'max40',
    // Deployments are named freely; those named after their model are known by it.
    modelRules: openai.quirks.modelRules ?? [],
  },
  docs: [
    'https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle',
    'https://learn.microsoft.com/azure/ai-foundry/openai/latest',
    'https://learn.microsoft.com/azure/ai-foundry/openai/reference',
  ],
};
