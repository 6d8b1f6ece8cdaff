// scoreName: one spelling for a model, wherever it is listed, sold or ranked: the words of its name, in no order.
import { fold, splitDate } from './model-names.ts';

/** Words that hosts and lists add and that make no other model. */
const SAYS_NOTHING: ReadonlySet<string> = new Set([
  'bf16',
  'exp',
  'experimental',
  'fp4',
  'fp8',
  'it',
  'maas',
  'nvfp4',
  'nvidia',
  'preview',
  'tput',
  'versatile',
  'zai',
]);
/** How many experts a mixture has, and how large they are: most lists leave it out. */
const EXPERTS = /-\d+b-\d+e\b|(?<=-(?:scout|maverick))-17b\b/;

/**
 * `claude-4-5-sonnet`, `Claude Sonnet 4.5` and `claude-sonnet-4-5-20250929` are all `4.5 claude sonnet`. Version numbers stay
 * together and in order, so that 4.5 is never 5.4; a nought after the point is none.
 */
export function scoreName(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1).replace(/:.*$/, '');
  const plain = fold(last.replace(/\([^)]*\)/g, ' ').trim()).replace(/[\s,]+/g, '-');
  return wordsOf((splitDate(plain)?.base ?? plain).replace(EXPERTS, ''))
    .filter((word) => !SAYS_NOTHING.has(word))
    .sort()
    .join(' ');
}

function wordsOf(name: string): readonly string[] {
  const words: string[] = [];
  let isVersion = false;
  for (const part of name.split('-').filter((word) => word !== '')) {
    // llama3 is llama 3
    const glued = /^([a-z]{3,})(\d{1,2})$/.exec(part);
    if (glued?.[1] !== undefined && glued[2] !== undefined) {
      words.push(glued[1], glued[2]);
      isVersion = true;
      continue;
    }
    const isNumber = /^\d{1,2}$/.test(part);
    if (isNumber && isVersion) words.push(`${words.pop()}.${part}`);
    else words.push(part);
    isVersion = isNumber;
  }
  return words.map((word) => (/^\d+\.0$/.test(word) ? word.slice(0, -2) : word));
}

/** The words of a name that say how the model is asked, not which it is. */
const MODES: ReadonlySet<string> = new Set(['non', 'reasoning', 'thinking', 'instruct', 'think']);

/**
 * The names to look under, best first: as it stands; without the words for how it is asked; without those for a faster
 * place to ask it. `plain` is the name of the model asked without thinking, where the name says so.
 */
export function scoreNames(name: string): readonly string[] {
  const exact = scoreName(name);
  const words = exact.split(' ');
  const bare = words.filter((word) => !MODES.has(word)).join(' ');
  const asked = words.includes('non') || words.includes('instruct') ? [plainName(bare)] : [];
  const found = [
    exact,
    ...asked,
    bare,
    bare.replace(/ ?\b(?:instant|turbo|(?:high|ultra)speed)\b/, ''),
  ];
  return found.filter((one, place) => one !== '' && found.indexOf(one) === place);
}

/** Where the figures of a model that is asked without thinking are kept, beside those of the same model thinking. */
export function plainName(bare: string): string {
  return `${bare} (plain)`;
}
