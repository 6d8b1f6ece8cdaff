// The reasoning a model of this wire gives before it calls tools. It has a member of its own and goes back in it.

/** The `format` of such reasoning, so that it is told from thinking when it comes back. */
export const TOOL_PLAN = 'cohere-tool-plan-v1';
