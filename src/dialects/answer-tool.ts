// An answer in a shape, from models that cannot be held to one but can be made to call a function: its arguments are the answer.
import type { ChatCall } from '../core/call.ts';

/**
 * The call with its output format as the one function there is, which has to be called; null where that cannot be: the
 * caller has tools of their own, the model is asked to think (a call cannot be forced then), or the answer is no object.
 * Turned back by `Disguise.answerTool`, the function's name.
 */
export function withAnswerTool(
  call: ChatCall,
): { readonly call: ChatCall; readonly name: string } | null {
  const { output, reasoning, tools } = call;
  if (output.type !== 'json-schema' || tools.length > 0 || output.schema.type !== 'object')
    return null;
  if (reasoning !== null && reasoning.mode !== 'disabled' && reasoning.effort !== 'none')
    return null;
  const { name, schema, description } = output;
  return {
    name,
    call: {
      ...call,
      output: { type: 'text' },
      tools: [
        {
          type: 'function',
          name,
          description: description ?? 'Give the answer, as these arguments.',
          parameters: schema,
        },
      ],
      toolChoice: { type: 'tool', name },
      sampling: { ...call.sampling, parallelToolCalls: false },
    },
  };
}
