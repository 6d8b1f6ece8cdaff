// Moderation: a text with "kill" in it is violence, all else is harmless.
import { asArray, asObject, asString, type Json } from '../../src/lib/json.ts';
import { Refused } from '../ask.ts';
import { json, type OperationAnswer, type OperationAsk } from './operation.ts';

export function moderate({ fields, model }: OperationAsk): OperationAnswer | Refused {
  const { input } = fields;
  if (input === undefined || input === null)
    return new Refused(
      "Missing required parameter: 'input'.",
      'input',
      'missing_required_parameter',
    );
  const inputs = typeof input === 'string' ? [input] : asArray(input).map(textOf);
  return json({
    id: 'modr-simulated',
    model,
    results: inputs.map((text) => {
      const violence = text.includes('kill');
      return {
        flagged: violence,
        categories: { violence, hate: false },
        category_scores: { violence: violence ? 0.98 : 0.01, hate: 0.001 },
      };
    }),
  });
}

function textOf(item: Json): string {
  return asString(item) ?? asString(asObject(item)?.text) ?? '';
}
