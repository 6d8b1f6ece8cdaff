// Recorded HTTP interactions of the wires the gateway speaks, and the configuration in which a gateway would have had them.
import { join } from 'node:path';
import { asObject, type JsonObject, parseJson } from '../../src/lib/json.ts';
import { filesUnder, interactions } from './find-recordings.ts';
import type { ScriptedResponse, ScriptedUpstream } from './scripted-upstream.ts';

export type Wire = 'openai-chat' | 'anthropic-messages';

export interface Recording {
  readonly id: string;
  /** `pydantic-ai/openai.chat.completions.jsonl`. */
  readonly file: string;
  readonly wire: Wire;
  /** The id the gateway knows its provider by. */
  readonly provider: string;
  /** Null: the request was not kept. */
  readonly request: JsonObject | null;
  readonly requestHeaders: { readonly [name: string]: string };
  readonly response: ScriptedResponse;
}

const SOURCES = ['pydantic-ai', 'openllmetry'];
const WIRES: readonly (readonly [suffix: string, wire: Wire])[] = [
  ['.chat.completions.jsonl', 'openai-chat'],
  ['.messages.jsonl', 'anthropic-messages'],
];

/** Files named after a host: the provider it is. */
const HOSTS: { readonly [host: string]: string } = {
  'api.inference.crusoecloud.com': 'crusoe',
  localhost_8000: 'vllm',
};
/** Those without a built-in provider of this wire are configured by hand. */
const CUSTOM: { readonly [host: string]: string } = {
  azure: 'azure-by-hand',
  bedrock: 'bedrock-by-hand',
  gemini: 'gemini-by-hand',
  heroku: 'heroku',
  localhost_8787: 'another-gateway',
  snowflake: 'snowflake',
};

/** Every recorded interaction of both wires, in the order of the files. */
export function httpRecordings(folder: string): Recording[] {
  const found: Recording[] = [];
  for (const source of SOURCES) {
    for (const [suffix, wire] of WIRES) {
      for (const { name } of filesUnder(join(folder, source), suffix)) {
        const provider = providerOf(name.slice(0, -suffix.length), wire);
        for (const { id, request, response } of interactions(join(folder, source, name))) {
          const body = response.body ?? '';
          found.push({
            id,
            file: `${source}/${name}`,
            wire,
            provider,
            request: asObject(parseJson(request.body ?? '')) ?? null,
            requestHeaders: texts(request.headers),
            response: {
              status: response.status,
              headers: texts(response.headers),
              body,
              chunked: isStream(body),
            },
          });
        }
      }
    }
  }
  return found;
}

/** A streamed body; the file says of none that it is one, and some came without a content type. */
export function isStream(body: string): boolean {
  return /^(?:event|data):/.test(body.trimStart()) || body.startsWith(':');
}

/** YAML that leads every provider of these recordings to its lane of the upstream, with a key of its own. */
export function configurationFor(
  recordings: readonly Recording[],
  upstream: ScriptedUpstream,
): string {
  const entries = new Map<string, string>();
  for (const { provider, wire } of recordings) {
    const dialect = isCustom(provider) ? `dialect: ${wire}, ` : '';
    const { url } = upstream.lane(provider);
    entries.set(
      provider,
      `  ${provider}: { ${dialect}base_url: "${url}", api_key: "${keyOf(provider)}" }`,
    );
  }
  return ['providers:', ...entries.values()].join('\n');
}

/** The provider's key in the configuration. */
export function keyOf(provider: string): string {
  return `dummy-key-of-${provider}`;
}

function providerOf(host: string, wire: Wire): string {
  const custom = CUSTOM[host];
  if (custom === undefined) return HOSTS[host] ?? host;
  return wire === 'openai-chat' ? custom : `${custom}-messages`;
}

function isCustom(provider: string): boolean {
  return Object.values(CUSTOM).some((id) => provider === id || provider === `${id}-messages`);
}

function texts(headers: JsonObject): { [name: string]: string } {
  const found: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(headers)) {
    const text = Array.isArray(value) ? value.join(', ') : value;
    if (typeof text === 'string') found[name] = text;
  }
  return found;
}
