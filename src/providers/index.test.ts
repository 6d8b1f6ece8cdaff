// The laws every provider's data keeps.
import { describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import type { Provider, Quirks } from '../core/provider.ts';
import { findProvider, PROVIDERS } from './index.ts';

const NAME = /^[a-z0-9][a-z0-9.-]*$/;
const ENV = /^[A-Z][A-Z0-9_]*$/;
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const TOOL_CHOICES = ['auto', 'none', 'required', 'tool'];

/** Known out of the box by the public contract. */
const CONTRACT =
  'openai anthropic google google-vertex azure bedrock mistral cohere groq xai deepseek fireworks together deepinfra cerebras perplexity moonshot minimax qwen zai openrouter nvidia huggingface ollama lmstudio vllm llamacpp sim'.split(
    ' ',
  );

function namesOf(provider: {
  readonly id: string;
  readonly aliases?: readonly string[];
}): string[] {
  return [provider.id, ...(provider.aliases ?? [])];
}

function duplicates(values: readonly string[]): string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe('the list', () => {
  test('every id and alias is one provider only', () => {
    expect(duplicates(PROVIDERS.flatMap(namesOf))).toEqual([]);
  });

  test('no two providers read the same environment variable', () => {
    expect(duplicates(PROVIDERS.flatMap((provider) => provider.env))).toEqual([]);
  });

  test('holds every provider file of this folder', () => {
    const files = readdirSync(import.meta.dir).filter(
      (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.startsWith('index.'),
    );
    expect(PROVIDERS.map((provider) => `${provider.id}.ts`).sort()).toEqual(files.sort());
  });

  test('knows every name of the public contract', () => {
    const known = new Set(PROVIDERS.map((provider) => provider.id));
    expect(CONTRACT.filter((id) => !known.has(id))).toEqual([]);
  });

  test('has at least thirty that can be called', () => {
    expect(PROVIDERS.length).toBeGreaterThanOrEqual(30);
  });
});

describe('findProvider', () => {
  test('finds each by its id and by each alias', () => {
    for (const provider of PROVIDERS) {
      for (const name of namesOf(provider)) expect(findProvider(name)).toBe(provider);
    }
  });

  test('does not find other spellings or object members', () => {
    for (const name of ['OpenAI', 'openai ', '', 'constructor', '__proto__'])
      expect(findProvider(name)).toBeUndefined();
  });

  test('takes the spellings other catalogues use', () => {
    expect(findProvider('togetherai')?.id).toBe('together');
    expect(findProvider('fireworks-ai')?.id).toBe('fireworks');
    expect(findProvider('moonshotai')?.id).toBe('moonshot');
    expect(findProvider('alibaba')?.id).toBe('qwen');
    expect(findProvider('x-ai')?.id).toBe('xai');
    expect(findProvider('gemini')?.id).toBe('google');
    expect(findProvider('google-ai-studio')?.id).toBe('google');
  });
});

describe.each(PROVIDERS.map((provider) => [provider.id, provider] as const))(
  '%s',
  (_id, provider) => {
    const onThisMachine = provider.local !== undefined || provider.simulated === true;

    test('names', () => {
      for (const name of namesOf(provider)) expect(name).toMatch(NAME);
      expect(provider.name.trim()).toBe(provider.name);
      expect(provider.name).not.toBe('');
    });

    test('base URL', () => {
      const url = new URL(provider.baseUrl);
      expect(provider.baseUrl.endsWith('/')).toBe(false);
      expect(url.search + url.hash + url.username + url.password).toBe('');
      expect(url.pathname.endsWith('/chat/completions')).toBe(false);
      expect(`${url.protocol}//${url.hostname}`).toBe(
        onThisMachine ? 'http://127.0.0.1' : `https://${url.hostname}`,
      );
    });

    test('key', () => {
      for (const name of provider.env) expect(name).toMatch(ENV);
      // A second way of speaking to an account has the first one's key: no two read the same variable.
      const borrowed = provider.hosting?.addFields?.anthropic_version !== undefined;
      expect(provider.env.length === 0).toBe(onThisMachine || borrowed);
      if (provider.auth.kind === 'none') expect(provider.env).toEqual([]);
      if (provider.auth.kind === 'header') expect(provider.auth.name).toMatch(/^[a-z][a-z0-9-]*$/);
    });

    test('headers are lower case and leave authentication alone', () => {
      for (const [name, value] of Object.entries(provider.headers ?? {})) {
        expect(name).toMatch(/^[a-z][a-z0-9-]*$/);
        expect(['authorization', 'x-api-key', 'content-type']).not.toContain(name);
        expect(value).not.toBe('');
      }
    });

    test('documentation', () => {
      expect(provider.docs.length > 0).toBe(provider.simulated !== true);
      for (const page of provider.docs) expect(new URL(page).protocol).toBe('https:');
      expect(duplicates(provider.docs)).toEqual([]);
    });

    test('quirks are consistent', () => {
      expect(inconsistencies(provider)).toEqual([]);
    });
  },
);

test('local servers are looked for on the port they are called at, by a telling text', () => {
  const local = PROVIDERS.flatMap(({ id, baseUrl, local }) =>
    local ? [{ id, baseUrl, local }] : [],
  );
  expect(local.map(({ id }) => id).sort()).toEqual(['llamacpp', 'lmstudio', 'ollama', 'vllm']);
  for (const { baseUrl, local: server } of local) {
    expect(server.port).toBe(Number(new URL(baseUrl).port));
    expect(server.probe.startsWith('/')).toBe(true);
    expect(server.marker.length).toBeGreaterThan(4);
  }
  expect(duplicates(local.map(({ local: server }) => String(server.port)))).toEqual([]);
});

test('an Anthropic key travels in x-api-key, with the API version', () => {
  const anthropic = findProvider('anthropic');
  expect(anthropic?.auth).toEqual({ kind: 'header', name: 'x-api-key' });
  expect(anthropic?.headers).toEqual({ 'anthropic-version': '2023-06-01' });
  expect(anthropic?.baseUrl).toBe('https://api.anthropic.com/v1');
});

test('only the simulated provider is simulated', () => {
  expect(PROVIDERS.filter((provider) => provider.simulated).map((provider) => provider.id)).toEqual(
    ['sim'],
  );
});

describe('inconsistencies', () => {
  const found = (quirks: Quirks) =>
    inconsistencies({ ...(findProvider('groq') as Provider), quirks });

  test('are found', () => {
    expect(found({ efforts: ['high', 'low'] })).toEqual(['efforts are not in order']);
    expect(found({ efforts: ['low', 'huge'] })).toEqual(['effort huge is not one of ours']);
    expect(found({ reasoningReplay: 'required' })).toEqual([
      'reasoningReplay without reasoningField',
    ]);
    expect(found({ callExtrasStandIn: {} })).toEqual(['callExtrasStandIn without callExtras']);
    expect(found({ toolChoice: ['none'] })).toEqual(['toolChoice without auto']);
    expect(
      found({
        toolChoice: ['auto'],
        toolChoiceWhileThinking: { works: ['auto', 'none'], byDefault: true },
      }),
    ).toEqual(['toolChoiceWhileThinking is not narrower than toolChoice']);
    expect(
      found({ refusedFields: ['seed', 'messages'], renamedFields: { seed: 'random_seed' } }),
    ).toEqual(['seed is both refused and renamed', 'messages cannot be refused']);
  });
});

/** What makes no sense together, in words. */
function inconsistencies(provider: Provider): string[] {
  const { quirks } = provider;
  const found: string[] = [];
  const efforts = quirks.efforts ?? [];
  const unknown = efforts.filter((effort) => !EFFORTS.includes(effort));
  found.push(...unknown.map((effort) => `effort ${effort} is not one of ours`));
  const ranks = efforts.map((effort) => EFFORTS.indexOf(effort)).filter((rank) => rank >= 0);
  if (ranks.some((rank, index) => index > 0 && rank <= (ranks[index - 1] ?? -1)))
    found.push('efforts are not in order');
  if (quirks.efforts?.length === 0) found.push('efforts are empty: use reasoningRequest none');
  if (quirks.reasoningReplay && !quirks.reasoningField)
    found.push('reasoningReplay without reasoningField');
  const choices = quirks.toolChoice ?? TOOL_CHOICES;
  if (!choices.includes('auto')) found.push('toolChoice without auto');
  const thinking = quirks.toolChoiceWhileThinking?.works;
  if (
    thinking &&
    !(thinking.length < choices.length && thinking.every((choice) => choices.includes(choice)))
  ) {
    found.push('toolChoiceWhileThinking is not narrower than toolChoice');
  }
  if (quirks.callExtrasStandIn !== undefined && quirks.callExtras !== true)
    found.push('callExtrasStandIn without callExtras');
  for (const field of quirks.refusedFields ?? []) {
    if (quirks.renamedFields?.[field] !== undefined)
      found.push(`${field} is both refused and renamed`);
    if (['model', 'messages', 'stream', 'tools'].includes(field))
      found.push(`${field} cannot be refused`);
    if (quirks.defaults?.[field] !== undefined) found.push(`${field} is both refused and set`);
  }
  return found;
}
