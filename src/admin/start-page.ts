// GET /: what this address is, for a person who opens it in a browser. Tells nothing that needs a key.
import { version } from '../../package.json';
import type { Gateway } from '../gateway/gateway.ts';

const STYLE = `
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 16px/1.55 system-ui, sans-serif; max-width: 44rem; margin: 12vh auto; padding: 0 1.25rem; }
  h1 { font-size: 1.5rem; margin: 0 0 .25rem; } p { margin: .5rem 0 1.25rem; }
  table { border-collapse: collapse; width: 100%; } td { border-top: 1px solid var(--line); padding: .45rem .75rem .45rem 0; vertical-align: top; }
  code, pre { font: .875rem/1.5 ui-monospace, monospace; } pre { border: 1px solid var(--line); border-radius: .5rem; padding: .875rem 1rem; overflow-x: auto; }
  .note { border-left: .25rem solid #d97706; padding-left: .75rem; }`;

const ROUTES: readonly (readonly [string, string])[] = [
  ['POST /v1/chat/completions', 'OpenAI Chat Completions, for any model'],
  ['POST /v1/messages', 'Anthropic Messages, for any model (also under /anthropic/v1)'],
  ['GET /v1/models', 'the models of the configured providers'],
  ['GET /router/v1/routers', 'which model serves whom (admin key)'],
  ['GET /router/v1/logs', 'the request log (admin key)'],
  ['GET /router/v1/health', 'how each provider answers (admin key)'],
  ['GET /metrics', 'counts and timings for Prometheus (admin key)'],
  ['GET /readyz', 'whether requests can be served'],
];

export function startPage(gateway: Gateway): string {
  const simulated = [...gateway.snapshot().providers.values()].some(
    ({ provider }) => provider.simulated,
  );
  const note = simulated
    ? '<p class="note">The simulated provider is attached: its answers are made up.</p>'
    : '';
  const rows = ROUTES.map(
    ([route, what]) => `<tr><td><code>${route}</code></td><td>${what}</td></tr>`,
  ).join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Switchyard</title><style>${STYLE}</style>
<h1>Switchyard ${version}</h1><p>An LLM gateway is running here. Point an OpenAI or Anthropic SDK at this address and send a key.</p>${note}
<table>${rows}</table></html>`;
}
