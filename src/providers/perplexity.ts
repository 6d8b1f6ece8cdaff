// Perplexity: its Orchestrator API, which took the place of Sonar's Chat Completions (supported until 2026-09-27).
import type { Provider } from '../core/provider.ts';

export const perplexity: Provider = {
  id: 'perplexity',
  name: 'Perplexity',
  dialect: 'openai-chat',
  // "Use https://api.perplexity.ai/orchestrator/v1 for direct HTTP requests" (orchestrator/faq). Sonar's was https://api.perplexity.ai.
  baseUrl: 'https://api.perplexity.ai/orchestrator/v1',
  auth: { kind: 'bearer' },
  env: ['PERPLEXITY_API_KEY', 'PPLX_API_KEY', 'PERPLEXITYAI_API_KEY'],
  quirks: {
    reasoningRequest: 'effort',
    // orchestrator/reasoning-and-caching; which of them a model takes is its own affair.
    efforts: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'],
  },
  docs: [
    'https://docs.perplexity.ai/docs/orchestrator/faq',
    'https://docs.perplexity.ai/docs/orchestrator/reasoning-and-caching',
    'https://docs.perplexity.ai/docs/agent-api/migrate-from-sonar/overview',
  ],
};
