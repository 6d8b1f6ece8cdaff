// Claude on Amazon Bedrock by InvokeModel: the Messages wire itself, so that whoever speaks it passes through untouched.
import type { Provider } from '../core/provider.ts';

export const bedrockAnthropic: Provider = {
  id: 'bedrock-anthropic',
  name: 'Claude on Amazon Bedrock',
  telemetryName: 'aws.bedrock',
  dialect: 'anthropic-messages',
  baseUrl: 'https://bedrock-runtime.us-east-1.amazonaws.com',
  addressedBy: 'aws-region',
  auth: { kind: 'aws', service: 'bedrock' },
  // The same account as the Converse wire's, whose variable it is.
  env: [],
  hosting: {
    path: '/model/{model}/invoke',
    streamPath: '/model/{model}/invoke-with-response-stream',
    framing: 'aws-wrapped-events',
    dropFields: ['model', 'stream'],
    addFields: { anthropic_version: 'bedrock-2023-05-31' },
    headerFields: { 'anthropic-beta': 'anthropic_beta' },
    errors: 'bedrock-converse',
  },
  quirks: {
    // Pictures and documents come as bytes: the host fetches nothing.
    imageUrls: false,
    documentUrls: false,
    // The maker's own affairs, absent from the host's request body: "Extra inputs are not permitted".
    refusedFields: ['container', 'inference_geo', 'service_tier'],
  },
  docs: [
    'https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html',
    'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html',
  ],
};
