// calledVerb: what `{id}:verb` asks for, by the one table that says which verbs there are.
import { GatewayError } from '../core/errors.ts';
import { didYouMean } from '../lib/near.ts';

export interface Verbs<Verb> {
  /** As a sentence begins with them: `Keys`. */
  readonly nouns: string;
  /** Where one of them stands. */
  readonly at: string;
  /** The methods one of them takes by itself, in words; null: none. */
  readonly takes: string | null;
  readonly verbs: ReadonlyMap<string, Verb>;
}

/** Throws `not_found` with the verbs there are, or `method_not_allowed` where none is called. */
export function calledVerb<Verb>(
  path: string,
  { nouns, at, takes, verbs }: Verbs<Verb>,
): { readonly id: string; readonly verb: Verb } {
  const colon = path.lastIndexOf(':');
  if (colon === -1 && takes !== null)
    throw new GatewayError(
      'method_not_allowed',
      `${at}/${path.slice(0, 80)} takes ${takes}, not POST.`,
    );
  const name = colon === -1 ? '' : path.slice(colon + 1);
  const verb = verbs.get(name);
  if (verb !== undefined) return { id: path.slice(0, colon), verb };
  const names = [...verbs.keys()];
  const near = didYouMean(name, names) || ` There are: ${names.join(', ')}.`;
  throw new GatewayError('not_found', `${nouns} have no ":${name.slice(0, 50)}".${near}`);
}
