// Words that may stand for each other in whatever is asked. A line is one meaning; what is near but not the same is not here, nor
// what means something else in another trade: a fee is a charge, but nobody drops the fees; a lawyer has no power of lawyer.
import { stemOf } from './stem.ts';

const TABLE = `
buy purchase
fastest quickest
biggest largest
smallest tiniest
easiest simplest
cheapest leastexpensive
faster quicker
luggage baggage
cashpoint atm
dict dictionary
happen occur
use utilize utilise
cheap inexpensive
expensive costly pricey
photo photograph pic
car automobile
config configuration
database db
javascript js
typescript ts
kubernetes k8s
postgres postgresql
kid child
airplane aeroplane
phone telephone cellphone
tv television
fridge refrigerator
couch sofa
mom mum
grandmother grandma
grandfather grandpa
forbid prohibit
summarise summarize
calculate compute
drawback disadvantage downside
near nearby
age howold
sync synchronize synchronise
asap immediately
currently now
approximately roughly
maybe perhaps
initialize initialise
optimize optimise
organize organise
customize customise
personalize personalise
analyze analyse
color colour
favorite favourite
center centre
behavior behaviour
license licence
gray grey
theater theatre
catalog catalogue
canceled cancelled
traveler traveller
`;

/** Words that stand for each other only where one of the words after the colon is near. */
const WHERE = `
update change : address email phonenumber phone username profile billing creditcard surname
modify change : address email phonenumber phone username profile billing surname
edit change : address email phonenumber username profile billing surname
remove delete : photo picture comment message contact
ship send : package parcel
switch change : supplier provider plan
submit file : claim complaint
freeze lock : card
unfreeze unlock : card
forecast weather : today tomorrow week weekend
terminate cancel : subscription contract membership
lower reduce : cholesterol bill stress risk latency
decrease reduce : cholesterol bill stress risk latency
cure treat : cough hangover headache acne
lower decrease : volume brightness
check track : delivery
primary main : cause reason goal purpose
duplicate copy : folder
solve fix : issue problem bug
resolve fix : issue problem bug
repair fix : car bicycle phone laptop roof leak
issue problem : fix solve resolve
repo repository : git github clone push branch
locate find : store
parcel package : delivery track deliver ship send
reply respond : email review comment
turnon enable : notification twofactor bluetooth darkmode autosave
turnoff disable : notification twofactor bluetooth darkmode autosave
activate enable : notification twofactor bluetooth
obtain get : visa passport refund mortgage
retrieve recover : password photo
enroll register : course class
select choose : color font
picture photo : profile upload camera delete album take
webpage page : load
suggest recommend : book film movie restaurant hotel
job occupation : father mother
directory folder : linux bash
`;

const meanings = new Map<string, string>();
for (const line of TABLE.trim().split('\n')) {
  const stems = line.split(' ').map(stemOf);
  for (const stem of stems) if (!meanings.has(stem)) meanings.set(stem, stems[0] ?? stem);
}

/** The word that stands for all that mean the same. Takes and gives stems. */
export function meaningOf(stem: string): string {
  return meanings.get(stem) ?? stem;
}

/** There is another word for it. Takes stems. */
export function isKnown(stem: string): boolean {
  return meanings.has(stem) || nearby.has(stem) || targets.has(stem);
}

interface Nearby {
  readonly becomes: string;
  readonly near: ReadonlySet<string>;
}

const nearby = new Map<string, Nearby[]>();
const targets = new Set<string>();
for (const line of WHERE.trim().split('\n')) {
  const [pair = '', near = ''] = line.split(':');
  const [from = '', to = ''] = pair.trim().split(' ').map(stemOf);
  const one = {
    becomes: meaningOf(to),
    near: new Set(
      near
        .trim()
        .split(' ')
        .map((word) => meaningOf(stemOf(word))),
    ),
  };
  targets.add(to);
  nearby.set(from, [...(nearby.get(from) ?? []), one]);
}

/** The same where it hangs on the words around. `all`: the prompt's words, each with its meaning. */
export function meaningAmong(meaning: string, all: readonly string[]): string {
  const found = nearby.get(meaning)?.find(({ near }) => all.some((word) => near.has(word)));
  return found?.becomes ?? meaning;
}
