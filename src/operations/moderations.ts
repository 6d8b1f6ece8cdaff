// POST /moderations: what in a text may not be said. The form is OpenAI's; Mistral's replies differ and pass as they are.
import type { Operation } from '../core/operation.ts';
import { UNKNOWN_USAGE } from '../core/usage.ts';
import { needInput } from './checks.ts';
import { openaiWire } from './openai-wire.ts';

export const moderations: Operation = {
  id: 'moderations',
  path: '/moderations',
  takes: 'json',
  gives: 'object',
  check: (body) => needInput(body, 'input'),
  usageOf: () => UNKNOWN_USAGE,
  inputText: () => null,
  wires: { openai: openaiWire({ path: '/moderations', answer: 'results' }) },
};
