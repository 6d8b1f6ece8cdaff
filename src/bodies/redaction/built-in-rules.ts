// The built-in rules of redaction: what looks like a person's or a machine's secret, found in linear time.
import type { Place } from './text-edit.ts';

export interface Rule {
  /** As it is named in what was redacted. */
  readonly name: string;
  /** Ascending, none overlapping. */
  find(text: string): readonly Place[];
}

/** The places of a pattern. Its repetitions must be bounded, or begin where nothing else of it can. */
function byPattern(
  name: string,
  pattern: RegExp,
  isOne: (match: string) => boolean = () => true,
  by: (match: string) => string = () => `[${name}]`,
): Rule {
  return {
    name,
    find(text) {
      const places: Place[] = [];
      for (const { 0: match, index } of text.matchAll(pattern))
        if (isOne(match)) places.push({ from: index, to: index + match.length, by: by(match) });
      return places;
    },
  };
}

const LOCAL = /[\p{L}\p{N}._%+'-]/u;
const DOMAIN =
  /(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.){1,8}[\p{L}][\p{L}\p{N}-]{1,24}/uy;
const MAX_LOCAL = 64;

/** By their @: a long text without one costs nothing. */
const email: Rule = {
  name: 'email',
  find(text) {
    const places: Place[] = [];
    let end = 0;
    for (let at = text.indexOf('@'); at !== -1; at = text.indexOf('@', at + 1)) {
      let from = at;
      while (from > end && at - from < MAX_LOCAL && LOCAL.test(text[from - 1] ?? '')) from -= 1;
      if (from === at) continue;
      DOMAIN.lastIndex = at + 1;
      if (!DOMAIN.test(text)) continue;
      end = DOMAIN.lastIndex;
      places.push({ from, to: end, by: '[email]' });
    }
    return places;
  },
};

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48;
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Groups of digits with one blank or dash between them, as cards are printed. */
const DIGIT_GROUPS = /(?<![\d.])\d+(?:[ -]\d+)*/g;

/** A card is whole groups, some of those that stand together: a number before or after it is no part of it. */
const creditCard: Rule = {
  name: 'credit_card',
  find(text) {
    const places: Place[] = [];
    for (const { 0: run, index } of text.matchAll(DIGIT_GROUPS)) {
      if (run.length < 13) continue;
      const groups = [...run.matchAll(/\d+/g)];
      for (let first = 0; first < groups.length; first += 1) {
        const last = cardFrom(groups, first);
        if (last === null) continue;
        const from = index + (groups[first]?.index ?? 0);
        const to = index + (groups[last]?.index ?? 0) + (groups[last]?.[0].length ?? 0);
        places.push({ from, to, by: '[credit_card]' });
        first = last;
      }
    }
    return places;
  },
};

/** The last group of a card that begins with this one; null where none does. The longest is meant. */
function cardFrom(groups: readonly RegExpMatchArray[], first: number): number | null {
  let digits = '';
  let found: number | null = null;
  for (let last = first; last < groups.length; last += 1) {
    digits += groups[last]?.[0] ?? '';
    if (digits.length > 19) break;
    // No network's numbers begin with 0, 1, 7, 8 or 9.
    if (digits.length >= 13 && /^[2-6]/.test(digits) && passesLuhn(digits)) found = last;
  }
  return found;
}

/** ISO 13616: the first four characters last, letters as numbers, the whole 1 modulo 97. */
function isIban(match: string): boolean {
  const plain = match.replaceAll(' ', '').toUpperCase();
  if (plain.length < 15 || plain.length > 34) return false;
  let rest = 0;
  for (const character of plain.slice(4) + plain.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1;
}

const KEY_SHAPES: readonly string[] = [
  // By the prefixes vendors give their keys.
  String.raw`(?:(?:sk|pk|rk|gsk|csk|xai|hf|nvapi|pplx|tgp|fw|r8|sy|ghp|gho|ghs|glpat|npm|xoxb|xoxp|xapp|github_pat)[-_]|AKIA|ASIA|AIza)(?=[\w-]{0,256}\d)[\w-]{12,512}`,
  // Tokens that are signed JSON.
  String.raw`eyJ[\w-]{8,8192}\.eyJ[\w-]{8,8192}\.[\w-]{8,8192}`,
];
const PEM_BEGIN = '-----BEGIN ';
const PEM =
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\w\s+/=\\-]{0,16384}?-----END [A-Z ]{0,40}PRIVATE KEY-----/g;

const keyShapes = byPattern(
  'api_keys',
  new RegExp(`(?<![\\w-])(?:${KEY_SHAPES.join('|')})`, 'g'),
  undefined,
  () => '[api_key]',
);
const bearers = byPattern(
  'api_keys',
  /(?<![\w-])(?:bearer|basic)\s{1,4}(?=[\w.~+/-]{0,256}\d)[\w.~+/-]{12,4096}={0,2}/gi,
  undefined,
  () => '[api_key]',
);
const pems = byPattern('api_keys', PEM, undefined, () => '[api_key]');

const apiKeys: readonly Rule[] = [
  keyShapes,
  bearers,
  { name: 'api_keys', find: (text) => (text.includes(PEM_BEGIN) ? pems.find(text) : []) },
];

/** The gateway's own keys, of which it knows no more than hashes: they go whatever the rules are. */
export const ownKeys = byPattern('api_keys', /sy-[\w-]{43}/g, undefined, () => '[api_key]');

const isBase64 = (match: string) => /[a-z]/.test(match) && /[A-Z]/.test(match) && /\d/.test(match);

const OCTET = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)';

/** By their names in `log.bodies.redact`. */
export const BUILT_IN: { readonly [name: string]: readonly Rule[] } = {
  email: [email],
  phone: [
    byPattern(
      'phone',
      // With a plus, or in groups: a bare number is anything.
      /(?<![\w.+-])(?:\+\d[\d ().\-/]{6,20}\d|\(?\d{2,5}\)?[ .\-/]\d{2,5}(?:[ .\-/]\d{2,5}){1,3})(?![\w-])/g,
      (match) => {
        const { length } = match.replace(/\D/g, '');
        // 2026-11-22 and 192.168.0.1 are none.
        return length >= 8 && length <= 15 && !/^\d{4}-\d{2}-\d{2}/.test(match);
      },
    ),
  ],
  credit_card: [creditCard],
  iban: [
    byPattern(
      'iban',
      /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
      isIban,
    ),
  ],
  ssn: [byPattern('ssn', /(?<![\d-])(?!000|666|9)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])/g)],
  ipv4: [
    byPattern('ipv4', new RegExp(`(?<![\\d.])(?:${OCTET}\\.){3}${OCTET}(?![\\d]|\\.\\d)`, 'g')),
  ],
  api_keys: apiKeys,
  base64: [
    byPattern(
      'base64',
      /[A-Za-z0-9+/_-]{256,}={0,2}/g,
      isBase64,
      (match) => `[base64: ${match.length} characters]`,
    ),
  ],
};
