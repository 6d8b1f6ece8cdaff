// The simulated models: each name stands for a few words.

export interface SimModel {
  readonly id: string;
  /** What the name stands for, in the grammar of words.ts. */
  readonly words: string;
  readonly says: string;
  /** The answer does not quote the request. */
  readonly fixed?: boolean;
}

export const MODELS: readonly SimModel[] = [
  { id: 'echo', words: '', says: 'answers at once and quotes you; any other name does the same' },
  {
    id: 'fast',
    words: 'gap=0+reasoning=0',
    says: 'one short fixed answer at the least cost, for benchmarks',
    fixed: true,
  },
  { id: 'slow', words: 'ttft=800+pace=20', says: 'first token after 800 ms, then 20 a second' },
  { id: 'long', words: 'tokens=1000', says: 'an answer of 1000 tokens' },
  {
    id: 'tools',
    words: 'tools=1',
    says: 'calls the first tool you offer, then answers from its result',
  },
  { id: 'parallel-tools', words: 'tools=2', says: 'calls two tools at once' },
  { id: 'reasoning', words: 'reasoning=40', says: 'thinks 40 tokens, then answers' },
  { id: 'json', words: 'json', says: 'answers a JSON object' },
  { id: 'cached', words: 'cache-read=1024', says: '1024 prompt tokens came from the cache' },
];

const BY_ID: ReadonlyMap<string, SimModel> = new Map(MODELS.map((model) => [model.id, model]));

/** The simulated model of that name, if it is one. */
export function findModel(id: string): SimModel | undefined {
  return BY_ID.get(id);
}
