// Words that may stand for each other in whatever is asked. A line is one meaning; what is near but not the same is not here.
import { stemOf } from './stem.ts';

const TABLE = `
buy purchase
fastest quickest
biggest largest
smallest tiniest
easiest simplest
cheapest leastexpensive
faster quicker
bigger larger
book reserve
mute silence
luggage baggage
document paperwork
cashpoint atm
withdraw withdrawal
quote quotation
postpone defer
term word
dict dictionary
go golang
env environment
item product
writer author
remove delete erase
cancel cancellation
fix repair resolve solve troubleshoot rectify
issue problem trouble
begin start commence
finish complete
end stop cease
modify change alter amend
pick choose select
create make build generate construct produce
show display
help assist assistance aid
find locate
happen occur
use utilize utilise usage
cheap inexpensive
expensive costly pricey
big large
huge enormous gigantic
small tiny
fast quick quickly rapid rapidly
picture photo image photograph pic
car automobile
film movie
app application
documentation doc
repo repository
config configuration
configure setup
database db
javascript js
typescript ts
kubernetes k8s
postgres postgresql
kid child
doctor physician
bike bicycle
plane airplane aeroplane
phone telephone cellphone smartphone
tv television
fridge refrigerator
couch sofa
garbage trash rubbish
lawyer attorney
teacher instructor
student pupil
store shop
firm company
salary wage
job occupation
infant baby
mother mom mum
father dad
grandmother grandma
grandfather grandpa
happy glad
sad unhappy
smart intelligent clever
rich wealthy
ill sick
wrong incorrect
difficult hard tough
easy simple
famous renowned
strange weird odd
dangerous hazardous
quiet silent
beautiful pretty
ugly unattractive
allow permit
forbid prohibit
need require
want wish
get receive obtain acquire
give provide
verify confirm
explain clarify
summarise summarize summary
translate translation
convert conversion transform
compare comparison
calculate compute
combine merge join
split divide
loop iterate
folder directory
slow sluggish
install installation
register signup registration enroll enrol
password passcode
recover restore retrieve
website site
link url
page webpage
location place
customer client
employee worker
delivery shipping shipment
package parcel
refund reimbursement
fee charge
cost price
bill invoice
pay payment
coupon voucher promo
warranty guarantee
benefit advantage pro
drawback disadvantage downside con
difference distinction
example instance
reason cause
effect impact consequence
result outcome
goal objective
meaning definition
main major
typical common usual
near nearby
age howold
country nation
discover discovery
die death
illness disease sickness
treat treatment
medicine medication
stomach belly
exercise workout
learn study
improve enhance
increase raise
reduce decrease
prevent avoid
continue proceed
resume cv
story tale
trip journey
respond reply answer
speak talk
see view
lose misplace
exchange swap
enable activate
disable deactivate
close shut
move transfer
notify alert
sync synchronize synchronise
deploy deployment
revert undo
asap immediately
currently now
approximately roughly
also too
maybe perhaps
way approach
tip advice suggestion recommendation
recommend suggest advise
usa america
uk britain
initialize initialise init
optimize optimise
organize organise
customize customise personalize personalise
analyze analyse analysis
color colour
favorite favourite
center centre
behavior behaviour
license licence
gray grey
program programme
theater theatre
catalog catalogue
canceled cancelled
traveler traveller
`;

/** Words that stand for each other only where one of the words after the colon is near. */
const WHERE = `
update modify : address email phonenumber phone password username profile billing payment pay creditcard card name surname information detail
edit modify : address email phonenumber username profile billing payment name information detail
close remove : account
ship send : package order parcel item
switch modify : supplier provider plan account bank energy
submit send : read form claim document application
file submit : claim complaint tax
freeze lock : card account
unfreeze unlock : card account
forecast weather : today tomorrow week weekend
terminate cancel : subscription contract membership account plan
lower reduce : cholesterol bill cost price pressure stress risk latency
cure treat : cold cough hangover headache acne
lower decrease : volume brightness
check track : delivery
primary main : cause reason goal purpose
duplicate copy : file folder page
check view : balance history
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

interface Nearby {
  readonly becomes: string;
  readonly near: ReadonlySet<string>;
}

const nearby = new Map<string, Nearby[]>();
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
  nearby.set(from, [...(nearby.get(from) ?? []), one]);
}

/** The same where it hangs on the words around. `all`: the prompt's words, each with its meaning. */
export function meaningAmong(meaning: string, all: readonly string[]): string {
  const found = nearby.get(meaning)?.find(({ near }) => all.some((word) => near.has(word)));
  return found?.becomes ?? meaning;
}
