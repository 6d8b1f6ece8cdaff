// Which of the keys a list is asked for: by label, role, name, or whether they are switched on.
import { invalid } from '../../core/errors.ts';
import type { KeyRecord } from '../../core/key.ts';
import { didYouMean } from '../../lib/near.ts';

export type KeyFilter = (key: KeyRecord) => boolean;

type Making = (text: string) => KeyFilter;

const FILTERS: { readonly [name: string]: Making } = {
  label: byLabels,
  name: (text) => {
    const part = text.toLowerCase();
    return ({ name }) => name.toLowerCase().includes(part);
  },
  role: (text) => {
    if (text !== 'admin' && text !== 'inference')
      throw invalid('role', 'must be admin or inference');
    return ({ role }) => role === text;
  },
  enabled: (text) => {
    if (text !== 'true' && text !== 'false') throw invalid('enabled', 'must be true or false');
    return ({ enabled }) => enabled === (text === 'true');
  },
  source: (text) => {
    if (text !== 'api' && text !== 'config') throw invalid('source', 'must be api or config');
    return ({ origin }) => origin === text;
  },
};

/** All of them have to hold. Throws `invalid_request`. */
export function keyFilter(query: { readonly [name: string]: string | undefined }): KeyFilter {
  const wanted: KeyFilter[] = [];
  for (const [name, text] of Object.entries(query)) {
    if (text === undefined) continue;
    const making = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
    if (making === undefined)
      throw invalid(name, `is no filter of keys.${didYouMean(name, Object.keys(FILTERS))}`);
    wanted.push(making(text));
  }
  return (key) => wanted.every((holds) => holds(key));
}

/** `team=search,stage` : that label with that text, and that one with any. */
function byLabels(text: string): KeyFilter {
  const wanted = text.split(',').map((part) => {
    const [name = '', value] = part.trim().split(/=(.*)/s);
    if (name === '') throw invalid('label', 'must be such as "team=search" or "team"');
    return { name, value };
  });
  return ({ labels }) =>
    wanted.every(({ name, value }) => {
      if (!Object.hasOwn(labels, name)) return false;
      return value === undefined || labels[name] === value;
    });
}
