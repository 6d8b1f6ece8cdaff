// Words without their endings: "cancelled", "cancelling" and "cancels" are one. Only endings that leave the meaning.
import { EMPTY } from './function-words.ts';
import { DATES, UNITS } from './vocabulary.ts';

const IRREGULAR = new Map(
  `went go|gone go|bought buy|wrote write|written write|writing write|children child|men man|women woman|feet foot|mice mouse
ran run|made make|got get|gotten get|sent send|paid pay|lost lose|losing lose|found find|broke break|broken break|forgot forget
forgotten forget|chose choose|chosen choose|took take|taken take|gave give|given give|began begin|begun begin|built build|kept keep
said say|told tell|thought think|sold sell|spent spend|taught teach|won win|knew know|known know|drove drive|driven drive|ate eat
eaten eat|grew grow|grown grow|spoke speak|spoken speak|stole steal|stolen steal|came come|became become|held hold|met meet
bring bring|brought bring|caught catch|felt feel|slept sleep|understood understand|dying die|died die|dies die|lying lie|tying tie
using use|used use|uses use|does do|leaves leaf|lives life|wives wife|knives knife|analyses analysis|criteria criterion|indices index|bacteria bacterium
shown show|seen see|saw see|done do|hidden hide|threw throw|thrown throw|withdrew withdraw|withdrawn withdraw|leant lean|learnt learn
shut shut|buses bus|gases gas|statuses status|viruses virus|people person|teeth tooth|data data|media media|lens lens`
    .split(/[|\n]/)
    .map((pair) => pair.split(' ') as [string, string]),
);
/** What ends like another word's form and is a word of its own. */
const OWN = new Set(
  `interesting interested boring bored exciting excited marketing accounting engineering banking clothing housing painting drawing
morning evening nothing something anything everything string spring ceiling wedding sibling pudding hundred sacred naked plane
stare scare planet breathe news always perhaps series species physics mathematics maths economics politics ethics windows
employed employee united wales texas paris netherlands alias canvas atlas bias christmas texts missing missed advanced limited
lasted learning airpods kubernetes postgres redis rails pandas jenkins aws ios macos sales glasses goods customs savings means
headed leading rising falling understanding standing outstanding feed`.split(/\s+/),
);

export interface Shape {
  readonly stem: string;
  readonly ending: string;
}

/** What the stem does not show: "s" of several, "ed", "ing", the last "e", or nothing. */
export function formOf(word: string): string {
  if (UNITS.has(word) || DATES.has(word) || EMPTY.has(word) || OWN.has(word) || word.length < 4)
    return '';
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return irregular === word ? '' : formOfIrregular(word);
  const one = singular(word);
  const root = withoutEnding(one);
  // "Suite" and "suit", "stripe" and "strip" have one stem.
  const bare = one.length >= 5 && one.endsWith('e') ? 'e' : '';
  const ending = root === one ? bare : one.endsWith('ing') ? 'ing' : 'ed';
  return one === word ? ending : `${ending}s`;
}

function formOfIrregular(word: string): string {
  if (word.endsWith('ing')) return 'ing';
  return /s$|^(?:children|men|women|feet|mice|criteria|people|teeth)$/.test(word) ? 's' : 'ed';
}

export function stemOf(word: string): string {
  const measured = UNITS.get(word) ?? DATES.get(word);
  if (measured !== undefined) return measured;
  if (word.length < 4 || OWN.has(word) || EMPTY.has(word)) return word;
  const irregular = IRREGULAR.get(word);
  if (irregular !== undefined) return shortened(irregular);
  return shortened(withoutEnding(singular(word)));
}

/** One form for "cancel" and "cancell", "creat" and "create": what is left of longer words loses its last e. */
function shortened(word: string): string {
  if (word.length >= 6 && word.endsWith('ll')) return word.slice(0, -1);
  return word.length >= 5 && word.endsWith('e') && !OWN.has(word) ? word.slice(0, -1) : word;
}

function singular(word: string): string {
  if (!word.endsWith('s') || /(?:ss|us|is|ous)$/.test(word)) return word;
  if (word.endsWith('ies')) return word.length > 4 ? `${word.slice(0, -3)}y` : word.slice(0, -1);
  if (/(?:sses|shes|ches|xes|zzes|oes)$/.test(word)) return word.slice(0, -2);
  // https, dns: no words but letters.
  if (!/[aeiouy]/.test(word)) return word;
  return word.slice(0, -1);
}

function withoutEnding(word: string): string {
  if (word.endsWith('ied') && word.length > 4) return `${word.slice(0, -3)}y`;
  let cut = word;
  if (word.endsWith('ing') && word.length >= 5) cut = word.slice(0, -3);
  else if (word.endsWith('ed') && word.length >= 4 && !word.endsWith('eed'))
    cut = word.slice(0, -2);
  if (cut === word || !/[aeiouy]/.test(cut) || cut.length < 2) return word;
  if (/([bdfgmnprtv])\1$/.test(cut)) return cut.slice(0, -1);
  if (cut.length <= 3 && /(?:^|[^aeiou])[aeiouy][^aeiouwxy]$/.test(cut)) return `${cut}e`;
  return cut;
}

/** "invented", "wrote": said of what is over. */
export function isPast(word: string): boolean {
  return (/[^e]ed$/.test(word) && !OWN.has(word)) || PAST.test(word);
}

const PAST =
  /^(?:went|bought|wrote|ran|made|got|sent|paid|lost|found|broke|forgot|chose|took|gave|began|built|kept|said|told|thought|sold|spent|taught|won|knew|drove|ate|grew|spoke|stole|came|became|held|met|brought|caught|felt|slept|understood|saw|did|hid|threw|withdrew)$/;
