// A request for a whole answer, asked as one for a stream: the caller's own text with only that spliced in.
import type { Restated } from '../core/dialect.ts';
import { asObject, type Json, type JsonObject } from '../lib/json.ts';
import { appendMember, memberText, spliceObject } from '../lib/json-splice.ts';

/** @param more further members, set where they stand or put at the end. `text` must be the body's own. */
export function askedStreamed(
  text: string,
  body: JsonObject,
  more: { readonly [name: string]: Json } = {},
): Restated {
  const members: { readonly [name: string]: Json } = { stream: true, ...more };
  const envelope = asObject(body.extra_body);
  // Its members go to the provider last, so it would take the stream back.
  if (envelope && 'stream' in envelope) {
    const { stream: _, ...rest } = envelope;
    const cut = spliceObject(memberText(text, 'extra_body') ?? '{}', {
      remove: new Set(['stream']),
    });
    return {
      text: spliceObject(text, { set: new Map([...texts(members), ['extra_body', cut]]) }),
      body: { ...body, ...members, extra_body: rest as Json },
    };
  }
  const isNew = Object.keys(members).every((name) => !Object.hasOwn(body, name));
  const asked = isNew
    ? texts(members).reduce((all, [name, value]) => appendMember(all, name, value), text)
    : spliceObject(text, { set: new Map(texts(members)) });
  return { text: asked, body: { ...body, ...members } };
}

function texts(members: { readonly [name: string]: Json }): [string, string][] {
  return Object.entries(members).map(([name, value]) => [name, JSON.stringify(value)]);
}
