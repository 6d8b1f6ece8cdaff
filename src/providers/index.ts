// Every provider known out of the box: one line each. And the names that are known but cannot be called yet.
import type { Provider } from '../core/provider.ts';
import { anthropic } from './anthropic.ts';
import { azure } from './azure.ts';
import { baseten } from './baseten.ts';
import { bedrock } from './bedrock.ts';
import { bedrockAnthropic } from './bedrock-anthropic.ts';
import { cerebras } from './cerebras.ts';
import { chutes } from './chutes.ts';
import { cohere } from './cohere.ts';
import { crusoe } from './crusoe.ts';
import { deepinfra } from './deepinfra.ts';
import { deepseek } from './deepseek.ts';
import { fireworks } from './fireworks.ts';
import { friendli } from './friendli.ts';
import { githubModels } from './github-models.ts';
import { google } from './google.ts';
import { googleVertex } from './google-vertex.ts';
import { groq } from './groq.ts';
import { huggingface } from './huggingface.ts';
import { inception } from './inception.ts';
import { llamacpp } from './llamacpp.ts';
import { lmstudio } from './lmstudio.ts';
import { metaLlama } from './meta-llama.ts';
import { minimax } from './minimax.ts';
import { mistral } from './mistral.ts';
import { moonshot } from './moonshot.ts';
import { nebius } from './nebius.ts';
import { novita } from './novita.ts';
import { nvidia } from './nvidia.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openrouter } from './openrouter.ts';
import { ovhcloud } from './ovhcloud.ts';
import { perplexity } from './perplexity.ts';
import { qwen } from './qwen.ts';
import { sambanova } from './sambanova.ts';
import { scaleway } from './scaleway.ts';
import { siliconflow } from './siliconflow.ts';
import { sim } from './sim.ts';
import { stepfun } from './stepfun.ts';
import { together } from './together.ts';
import { upstage } from './upstage.ts';
import { venice } from './venice.ts';
import { vercel } from './vercel.ts';
import { vertexAnthropic } from './vertex-anthropic.ts';
import { vllm } from './vllm.ts';
import { voyage } from './voyage.ts';
import { xai } from './xai.ts';
import { xiaomi } from './xiaomi.ts';
import { zai } from './zai.ts';

/** All built-in providers. The order carries no meaning. */
export const PROVIDERS: readonly Provider[] = [
  openai,
  azure,
  anthropic,
  google,
  googleVertex,
  vertexAnthropic,
  bedrock,
  bedrockAnthropic,
  mistral,
  cohere,
  groq,
  xai,
  deepseek,
  fireworks,
  together,
  deepinfra,
  cerebras,
  perplexity,
  moonshot,
  minimax,
  qwen,
  zai,
  openrouter,
  nvidia,
  huggingface,
  baseten,
  chutes,
  crusoe,
  friendli,
  githubModels,
  inception,
  metaLlama,
  nebius,
  novita,
  ovhcloud,
  sambanova,
  scaleway,
  siliconflow,
  stepfun,
  upstage,
  venice,
  vercel,
  voyage,
  xiaomi,
  ollama,
  lmstudio,
  vllm,
  llamacpp,
  sim,
];

const BY_NAME: ReadonlyMap<string, Provider> = new Map(
  PROVIDERS.flatMap((provider) =>
    [provider.id, ...(provider.aliases ?? [])].map((name) => [name, provider] as const),
  ),
);

/** The built-in provider of that id or alias, exactly as written (ids are lower case). */
export function findProvider(idOrAlias: string): Provider | undefined {
  return BY_NAME.get(idOrAlias);
}
