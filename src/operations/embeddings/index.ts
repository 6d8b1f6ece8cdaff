// POST /embeddings: texts (or tokens) in, vectors out.
import type { Operation, OperationWire } from '../../core/operation.ts';
import { UNKNOWN_USAGE } from '../../core/usage.ts';
import { checkCount, checkWord, needInput, textsOf } from '../checks.ts';
import { openaiWire } from '../openai-wire.ts';
import { readInputUsage } from '../usage.ts';
import { bedrockCohere, bedrockNova, bedrockTitan } from './bedrock.ts';
import { cohereEmbeddings } from './cohere.ts';
import { geminiEmbeddings, geminiSingleEmbeddings, vertexEmbeddings } from './gemini.ts';
import { inFormAskedFor } from './vectors.ts';

const plain = openaiWire({
  path: '/embeddings',
  answer: 'data',
  usage: readInputUsage,
  // The gateway brings the vectors into the form asked for, whatever form they come in.
  doneHere: new Set(['encoding_format', 'user']),
});

const openai: OperationWire = {
  encode: plain.encode,
  decode: (replies, call, target) => inFormAskedFor(call, plain.decode(replies, call, target)),
};

export const embeddings: Operation = {
  id: 'embeddings',
  path: '/embeddings',
  takes: 'json',
  gives: 'object',
  check(body) {
    needInput(body, 'input');
    checkCount(body, 'dimensions');
    checkWord(body, 'encoding_format', ['float', 'base64']);
  },
  usageOf: () => UNKNOWN_USAGE,
  inputText: (body) => textsOf(body.input)?.join('\n') ?? null,
  wires: {
    openai,
    gemini: geminiEmbeddings,
    'gemini-single': geminiSingleEmbeddings,
    vertex: vertexEmbeddings,
    cohere: cohereEmbeddings,
    'bedrock-titan': bedrockTitan,
    'bedrock-cohere': bedrockCohere,
    'bedrock-nova': bedrockNova,
  },
};
