// refusedRequest: what can be told of a request that its checks refuse: who asked for what, for the row.
import type { ChatDialect } from '../core/dialect.ts';
import { MAX_NAME } from '../core/options.ts';
import { headerText } from '../lib/header-text.ts';
import { asObject, asString, type JsonObject, parseJson } from '../lib/json.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** @param read null: it could not be read. Never throws. */
export function refusedRequest(
  dialect: Pick<ChatDialect, 'userOf'>,
  read: JsonObject | null,
  headers: Headers,
): RecordedRequest {
  const body = read ?? {};
  return {
    stream: body.stream === true,
    user: headerText(headers, 'x-switchyard-user') || userIn(dialect, body),
    requestedModel: (asString(body.model) ?? '').slice(0, MAX_NAME),
    metadata: metadataIn(body, headers),
  };
}

function userIn(dialect: Pick<ChatDialect, 'userOf'>, body: JsonObject): string | null {
  try {
    return dialect.userOf(body);
  } catch {
    return null;
  }
}

/** As a request that is in order has it: the body's own over the header's. */
function metadataIn(body: JsonObject, headers: Headers): RecordedRequest['metadata'] {
  const own = asObject(body.metadata) ?? asObject(asObject(body.extra_body)?.metadata);
  const added = asObject(parseJson(headerText(headers, 'x-switchyard-metadata') ?? ''));
  return own === undefined && added === undefined ? null : { ...added, ...own };
}
