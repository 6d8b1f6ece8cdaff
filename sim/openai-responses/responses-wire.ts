// OpenAI's newer wire: Responses. Its errors, headers and list of models are those of the older one.

import { openaiErrorBody } from '../openai-chat/errors.ts';
import { openaiWire } from '../openai-chat/openai-wire.ts';
import type { VendorError, Wire } from '../wire.ts';
import { readResponses } from './read-responses.ts';
import { responseFrames } from './response-frames.ts';
import { writeResponses } from './write-responses.ts';

export const responsesWire: Wire = {
  ...openaiWire,
  // A last assistant message is a finished turn on this wire.
  prefill: () => 'afresh',
  readAsk: (body, _request, behaviour) => readResponses(body, behaviour.strict),
  reply: writeResponses,
  frames: responseFrames,
  errorFrame: (error, shape) =>
    shape === 'vendor' ? failure(error) : `data: ${openaiErrorBody(error, shape)}\n\n`,
  malformed:
    'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","output_index":0,"delta":"los\n\n',
};

/** Recorded: the error as an event of its own, then the response that failed by it. */
function failure({ type, code, param, message }: VendorError): string {
  const error = { type, code, message, param };
  const response = {
    object: 'response',
    status: 'failed',
    output: [],
    error: { code: code ?? type, message },
  };
  return (
    `event: error\ndata: ${JSON.stringify({ type: 'error', sequence_number: 2, error })}\n\n` +
    `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', sequence_number: 3, response })}\n\n`
  );
}
