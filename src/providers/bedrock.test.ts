// Every family finds its own row, whatever region, version or profile its name carries.
import { expect, test } from 'bun:test';
import { bedrock } from './bedrock.ts';

/** As the dialects find it: the longest part of the name, no digit after it. */
function row(model: string): string | undefined {
  const name = model.toLowerCase().replaceAll('.', '-');
  return (bedrock.quirks.modelRules ?? [])
    .filter(({ match }) => {
      const at = name.indexOf(match);
      return at !== -1 && !/\d/.test(name.charAt(at + match.length));
    })
    .toSorted((a, b) => b.match.length - a.match.length)[0]?.match;
}

test.each([
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude'],
  ['global.anthropic.claude-opus-4-8', 'claude'],
  ['anthropic.claude-v2:1', 'claude-v2'],
  ['anthropic.claude-instant-v1', 'claude-instant'],
  ['anthropic.claude-3-haiku-20240307-v1:0', 'claude-3-haiku'],
  ['anthropic.claude-3-5-sonnet-20240620-v1:0', 'claude-3-5-sonnet-20240620'],
  ['anthropic.claude-3-5-sonnet-20241022-v2:0', 'claude-3-5-sonnet'],
  ['us.anthropic.claude-opus-4-1-20250805-v1:0', 'claude-opus-4-1'],
  ['us.anthropic.claude-opus-4-20250514-v1:0', 'claude-opus-4-20250514'],
  ['us.amazon.nova-lite-v1:0', 'amazon-nova'],
  ['us.amazon.nova-2-lite-v1:0', 'amazon-nova-2'],
  ['amazon.titan-text-express-v1', 'amazon-titan'],
  ['us.meta.llama3-1-70b-instruct-v1:0', 'meta-llama3-1'],
  ['us.meta.llama3-2-1b-instruct-v1:0', 'meta-llama3-2-1b'],
  ['meta.llama3-70b-instruct-v1:0', 'meta-llama3'],
  ['us.meta.llama4-maverick-17b-instruct-v1:0', 'meta-llama4'],
  ['mistral.mistral-large-3-675b-instruct', 'mistral'],
  ['mistral.mistral-large-2402-v1:0', 'mistral-mistral-large-2402'],
  ['us.mistral.pixtral-large-2502-v1:0', 'mistral-pixtral'],
  ['openai.gpt-oss-120b-1:0', 'openai-gpt-oss'],
  ['qwen.qwen3-32b-v1:0', 'qwen-qwen3'],
  ['us.deepseek.r1-v1:0', 'deepseek-r1'],
  ['moonshot.kimi-k2-thinking', 'moonshot'],
  [
    'arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0',
    'claude-3-7-sonnet',
  ],
  ['arn:aws:bedrock:us-east-1:1:application-inference-profile/mi1dadi0g15f', undefined],
])('%s', (model, expected) => {
  expect(row(model)).toBe(expected as string);
});
