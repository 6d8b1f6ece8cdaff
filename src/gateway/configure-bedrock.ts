// Which AWS region is spoken to and who says so: configuration and environment → a provider with its keys.
import type { ProviderConfig } from '../config/schema.ts';
import type { AwsCredentials, ConfiguredProvider, ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';

interface BedrockSources {
  /** The provider with the operator's overrides in it. */
  readonly provider: Provider;
  readonly entry: ProviderConfig | null | undefined;
  /** The configured plain keys, else the environment's. */
  readonly keys: readonly ProviderKey[];
  readonly environment: { readonly [name: string]: string | undefined };
}

const BEARER = 'AWS_BEARER_TOKEN_BEDROCK';
/** The region in the provider's own address. */
const DEFAULT_REGION = 'us-east-1';

/** What is missing where it cannot be used. */
export function bedrockRemedy({ id }: Provider): string {
  return `set ${BEARER}, or name "${id}" in the configuration with an api_key or an aws key pair`;
}

/**
 * Null where there is nothing to prove a request with. The pair in the environment counts only where the configuration names
 * the provider: such variables stand there for many other reasons.
 */
export function configureBedrock(sources: BedrockSources): ConfiguredProvider | null {
  const { provider, entry, environment } = sources;
  const region =
    wordOf(entry?.region) ??
    wordOf(entry?.aws?.region) ??
    wordOf(environment.AWS_REGION) ??
    wordOf(environment.AWS_DEFAULT_REGION) ??
    DEFAULT_REGION;
  const keys = keysOf(sources, region);
  if (keys.length === 0 && entry?.base_url === undefined) return null;
  const baseUrl = entry?.base_url ?? provider.baseUrl.replace(DEFAULT_REGION, region);
  return { provider: { ...provider, baseUrl }, keys, models: entry?.models ?? [], region };
}

function keysOf(
  { entry, keys, environment }: BedrockSources,
  region: string,
): readonly ProviderKey[] {
  const configured = pairOf(entry?.aws ?? {}, region);
  if (configured !== null) return [keyOf('aws', configured)];
  if (keys.length > 0) return keys;
  const bearer = wordOf(environment[BEARER]);
  if (bearer !== null) return [{ label: BEARER, secret: bearer }];
  // A bare name (`bedrock:`) comes as null and names it all the same.
  if (entry === undefined) return [];
  const found = pairOf(
    {
      access_key_id: environment.AWS_ACCESS_KEY_ID,
      secret_access_key: environment.AWS_SECRET_ACCESS_KEY,
      session_token: environment.AWS_SESSION_TOKEN,
    },
    region,
  );
  return found === null ? [] : [keyOf('AWS_ACCESS_KEY_ID', found)];
}

function keyOf(label: string, aws: AwsCredentials): ProviderKey {
  return { label, secret: aws.secretAccessKey, aws };
}

function pairOf(aws: NonNullable<ProviderConfig['aws']>, region: string): AwsCredentials | null {
  const accessKeyId = wordOf(aws.access_key_id);
  const secretAccessKey = wordOf(aws.secret_access_key);
  const sessionToken = wordOf(aws.session_token);
  if (accessKeyId === null || secretAccessKey === null) return null;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === null ? {} : { sessionToken }),
    region,
  };
}

/** An unset variable may come as an empty text. */
function wordOf(value: string | undefined): string | null {
  const word = value?.trim() ?? '';
  return word === '' ? null : word;
}
