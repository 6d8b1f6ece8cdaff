// What a provider cannot be asked for in a field is said to the model, in the system message.
import { asArray, isObject, type Json, type JsonRecord } from '../../lib/json.ts';

/** The messages with the instruction at the end of a leading system message, or in one of its own before them. */
export function instructed(messages: readonly Json[], instruction: string): Json[] {
  const [first, ...rest] = messages;
  if (!isObject(first) || (first.role !== 'system' && first.role !== 'developer'))
    return [{ role: 'system', content: instruction }, ...messages];
  return [
    { ...(first as JsonRecord), content: extended(first.content as Json, instruction) },
    ...rest,
  ];
}

function extended(content: Json, instruction: string): Json {
  if (typeof content === 'string')
    return content === '' ? instruction : `${content}\n\n${instruction}`;
  return [...asArray(content), { type: 'text', text: instruction }];
}
