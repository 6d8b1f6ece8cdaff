// The words each wire's replies are made of, for making replies nobody has sent yet.
import type { DialectId } from '../../src/core/dialect.ts';

export const WIRE_WORDS: { readonly [D in DialectId]: readonly string[] } = {
  'openai-chat':
    split(`id object created model choices index message delta content role assistant tool_calls function name
    arguments finish_reason stop length reasoning_content reasoning_details text signature data format usage prompt_tokens
    completion_tokens prompt_tokens_details cached_tokens error code type annotations url_citation refusal custom input
    extra_content citations search_results custom_tool audio`),
  'openai-responses':
    split(`id type response response.created response.in_progress response.output_item.added
    response.output_item.done response.content_part.added response.output_text.delta response.output_text.done
    response.function_call_arguments.delta response.function_call_arguments.done response.reasoning_summary_text.delta
    response.reasoning_summary_part.added response.custom_tool_call_input.delta response.completed response.incomplete
    response.failed error output item item_id output_index content_index summary_index delta text part content message
    function_call custom_tool_call web_search_call reasoning summary_text output_text refusal encrypted_content call_id name
    arguments input status completed incomplete incomplete_details reason max_output_tokens usage input_tokens output_tokens
    input_tokens_details cached_tokens output_tokens_details reasoning_tokens annotations summary code`),
  'anthropic-messages':
    split(`type message message_start content_block_start content_block_delta content_block_stop
    message_delta message_stop ping error content_block delta text text_delta thinking thinking_delta signature_delta
    signature input_json_delta partial_json tool_use server_tool_use web_search_tool_result redacted_thinking data id name
    input index content role assistant stop_reason end_turn max_tokens usage input_tokens output_tokens
    cache_read_input_tokens cache_creation citations citations_delta citation`),
  gemini:
    split(`candidates content parts text thought thoughtSignature functionCall functionResponse name args id inlineData
    mimeType data finishReason STOP MAX_TOKENS SAFETY MALFORMED_FUNCTION_CALL promptFeedback blockReason usageMetadata
    promptTokenCount candidatesTokenCount thoughtsTokenCount cachedContentTokenCount totalTokenCount
    toolUsePromptTokenCount promptTokensDetails modality AUDIO tokenCount groundingMetadata groundingChunks
    groundingSupports web uri title segment startIndex endIndex citationMetadata modelVersion responseId error code status
    message index executableCode codeExecutionResult`),
  'bedrock-converse':
    split(`output message role content text toolUse toolUseId name input reasoningContent reasoningText
    signature redactedContent stopReason end_turn tool_use max_tokens usage inputTokens outputTokens cacheReadInputTokens
    cacheWriteInputTokens cacheDetails ttl messageStart contentBlockStart contentBlockDelta contentBlockStop messageStop
    metadata start delta contentBlockIndex throttlingException modelStreamErrorException validationException metrics
    citation citationsContent image document source bytes __type`),
  cohere:
    split(`id type message-start content-start content-delta content-end tool-plan-delta tool-call-start
    tool-call-delta tool-call-end citation-start citation-end message-end delta message content text thinking tool_calls
    tool_plan function name arguments citations start end sources document finish_reason COMPLETE MAX_TOKENS TOOL_CALL ERROR
    usage tokens billed_units input_tokens output_tokens cached_tokens index role assistant error`),
};

function split(words: string): readonly string[] {
  return words.split(/\s+/);
}
