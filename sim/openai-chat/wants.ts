// What some makers on this wire insist on when tool calls come back: their reasoning, or the state that came with the calls.
import { asArray, asObject, asObjects, asString, type JsonObject } from '../../src/lib/json.ts';
import type { AnswerCall } from '../answer.ts';
import { Refused } from '../ask.ts';
import type { Behaviour } from '../behaviour.ts';

/** The first thing such a maker would refuse, or null. */
export function checkWants(body: JsonObject, { wants }: Behaviour): Refused | null {
  for (const [index, item] of asArray(body.messages).entries()) {
    const message = asObject(item) ?? {};
    const [first] = asObjects(message.tool_calls);
    if (wants === 'nothing' || first === undefined) continue;
    // DeepSeek's words, as people quote them; any text will do, an empty one too.
    if (wants === 'reasoning' && asString(message.reasoning_content) === undefined)
      return new Refused(
        `The \`reasoning_content\` in the thinking mode must be passed back to the API. (messages[${index}])`,
      );
    // Google's: of parallel calls only the first has a signature.
    if (wants === 'extra' && !isSigned(first))
      return new Refused(
        `Function call is missing a thought_signature in functionCall parts. (messages[${index}])`,
      );
  }
  return null;
}

/** The state of a reply's first call, as its member with a comma before; empty where the maker has none. */
export function extraMember(call: AnswerCall, index: number, { wants }: Behaviour): string {
  if (wants !== 'extra' || index > 0) return '';
  return `,"extra_content":{"google":{"thought_signature":"${signatureOf(call.name, call.arguments)}"}}`;
}

function isSigned(call: JsonObject): boolean {
  const called = asObject(call.function) ?? {};
  const signature = asString(asObject(asObject(call.extra_content)?.google)?.thought_signature);
  const own = signatureOf(asString(called.name) ?? '', asString(called.arguments) ?? '');
  return signature === own || signature === 'skip_thought_signature_validator';
}

function signatureOf(name: string, text: string): string {
  return Buffer.from(`simulated-call-${Bun.hash(name + text)}`).toString('base64');
}
