// What a provider's error may say of the key and the address it was reached with: nothing.
import { GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { REDACTED } from '../lib/scrub.ts';

/** Shorter ones are words of any language; nobody's secret is so short. */
const MIN_SECRET_CHARS = 6;

/** A configured header may be a second credential; shorter values are versions and names. */
const MIN_HEADER_CHARS = 16;

/** The error without this target's own key and address, whatever they look like: others are known by their form only. */
export function redacted(
  error: GatewayError,
  provider: Provider,
  key: ProviderKey | null,
): GatewayError {
  const told = tellTales(provider, key);
  const { param, upstreamCode, upstreamType } = error.details;
  const parts = [error.message, param, upstreamCode, upstreamType];
  if (!told.some((text) => parts.some((part) => part?.includes(text)))) return error;
  const clean = (part: string | undefined) =>
    part === undefined
      ? undefined
      : told.reduce((rest, text) => rest.replaceAll(text, REDACTED), part);
  return new GatewayError(error.code, clean(error.message) ?? '', {
    ...error.details,
    param: clean(param),
    upstreamCode: clean(upstreamCode),
    upstreamType: clean(upstreamType),
  });
}

function tellTales(provider: Provider, key: ProviderKey | null): readonly string[] {
  const { host, hostname, port } = new URL(provider.baseUrl);
  // A bare name without a port may be an ordinary word, such as the product's.
  const addresses = [...(port === '' ? [] : [host]), ...(hostname.includes('.') ? [hostname] : [])];
  const held = [key?.secret ?? '', key?.aws?.accessKeyId ?? '', key?.aws?.sessionToken ?? ''];
  const secrets = held.filter((text) => text.length >= MIN_SECRET_CHARS);
  const headers = Object.values(provider.headers ?? {}).filter(
    (value) => value.length >= MIN_HEADER_CHARS,
  );
  return [...secrets, ...headers, ...addresses];
}
