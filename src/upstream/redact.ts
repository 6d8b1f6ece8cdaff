// What a provider's error may say of the key and the address it was reached with: nothing.
import { GatewayError } from '../core/errors.ts';
import type { ProviderKey } from '../core/plan.ts';
import type { Provider } from '../core/provider.ts';
import { REDACTED, scrub } from '../lib/scrub.ts';

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
  const names = [param, upstreamCode, upstreamType];
  const isTold = [error.message, ...names].some((part) =>
    told.some((text) => part !== undefined && part.search(text) !== -1),
  );
  if (!isTold && names.every(isName)) return error;
  const clean = (part: string | undefined) => {
    if (part === undefined) return undefined;
    const rest = told.reduce((text, one) => text.replace(one, REDACTED), part);
    return isName(part) ? rest : scrub(rest);
  };
  const message = told.reduce((text, one) => text.replace(one, REDACTED), error.message);
  return new GatewayError(error.code, message, {
    ...error.details,
    param: clean(param),
    upstreamCode: clean(upstreamCode),
    upstreamType: clean(upstreamType),
  });
}

/** What a place in a request or a machine's word for a fault looks like; anything else is prose, which may say anything. */
function isName(part: string | undefined): boolean {
  return part === undefined || (part.length <= 200 && !/\s|:\/\//.test(part));
}

function tellTales(provider: Provider, key: ProviderKey | null): readonly RegExp[] {
  const { host, hostname, port, username, password, searchParams } = new URL(provider.baseUrl);
  // A bare name without a port may be an ordinary word, such as the product's.
  const addresses = [...(port === '' ? [] : [host]), ...(hostname.includes('.') ? [hostname] : [])];
  const held = [
    ...[key?.secret ?? '', key?.aws?.accessKeyId ?? '', key?.aws?.sessionToken ?? ''],
    // An address may carry a credential of its own.
    ...[username, password, ...searchParams.values()],
  ];
  const secrets = held.filter((text) => text.length >= MIN_SECRET_CHARS);
  const headers = Object.values(provider.headers ?? {}).filter(
    (value) => value.length >= MIN_HEADER_CHARS,
  );
  return [
    ...[...secrets, ...headers].map((text) => literal(text, 'g')),
    // However they are written.
    ...addresses.map((text) => literal(text, 'gi')),
    // Whatever else listens there.
    new RegExp(`(?<![\\w.-])${RegExp.escape(hostname)}:\\d{2,5}\\b`, 'gi'),
  ];
}

function literal(text: string, flags: string): RegExp {
  return new RegExp(RegExp.escape(text), flags);
}
