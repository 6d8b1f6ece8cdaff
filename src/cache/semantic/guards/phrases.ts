// Several words that say one thing, and what that is called here. Matched after the endings are off.
import { stemOf } from './stem.ts';

/** The words found → the words put in their place; nothing: they say nothing. */
const TABLE = `
log in > login
log on > login
log into > login
log onto > login
sign in > login
sign into > login
sign on > login
log out > logout
log off > logout
sign out > logout
sign up > register
sign me up > register
create account > register
create an account > register
create a account > register
create new account > register
create a new account > register
open an account > register
open account > register
make an account > register
set up an account > register
set up > setup
turn on > enable
switch on > enable
turn off > disable
switch off > disable
shut off > disable
shut down > shutdown
get rid of > remove
take off > remove
take out > takeout
look for > find
search for > find
find out > find
figure out > find
come up with > create
put together > create
fill out > fill
fill in > fill
set aside > save
give back > return
send back > return
get back > getback
get a refund > refund
get refund > refund
get my money back > refund
get money back > refund
ask for a refund > refund
request a refund > refund
receive a refund > refund
make a payment > pay
make payment > pay
make a booking > book
make a reservation > book
place an order > order
make an order > order
make a purchase > buy
get in touch with > contact
reach out to > contact
get hold of > contact
speak to > contact
speak with > contact
talk to > contact
talk with > contact
get in contact with > contact
customer service > support
customer support > support
customer care > support
support team > support
tech support > support
two factor authentication > twofactor
two step verification > twofactor
two factor auth > twofactor
multi factor authentication > twofactor
2fa > twofactor
credit card > creditcard
debit card > debitcard
phone number > phonenumber
cell phone > phone
mobile phone > phone
cell phone number > phonenumber
telephone number > phonenumber
mobile number > phonenumber
e mail > email
email address > email
mail address > email
home address > address
zip code > zipcode
postal code > zipcode
post code > zipcode
web site > website
web page > webpage
data base > database
user name > username
pass word > password
open source > opensource
pull request > pullrequest
merge request > pullrequest
command line > commandline
time zone > timezone
dark mode > darkmode
high school > highschool
climate change > climatechange
global warming > climatechange
united states > usa
united states of america > usa
u.s > usa
u.s.a > usa
us^ > usa
united kingdom > uk
great britain > uk
new york city > nyc
machine learning > machinelearning
artificial intelligence > ai
large language model > llm
for example > example
a lot of > many
lots of > many
plenty of > many
as well as > and
such as > like
due to > because
because of > because
in order to > to
so as to > to
so that > so
as soon as possible > asap
right now > now
at the moment > now
at present > now
these days > now
nowadays > now
in charge of > responsible
be able to >
able to >
unable to > not
not able to > not
have to > must
need to > must
got to > must
supposed to > should
want to >
like to >
trying to >
try to >
tries to >
keep getting > get
no longer > not anymore
any more > anymore
instead of > instead
rather than > instead
except for > except
apart from > except
other than > except
more than > morethan
greater than > morethan
larger than > morethan
bigger than > morethan
over than > morethan
less than > lessthan
fewer than > lessthan
smaller than > lessthan
at least > atleast
at most > atmost
up to > atmost
no more than > atmost
as many > many
how many > howmany
how much > howmuch
how long > howlong
how often > howoften
how frequently > howoften
how far > howfar
how old > howold
this week > thisweek
this month > thismonth
this year > thisyear
this morning > thismorning
this weekend > thisweekend
last name > surname
family name > surname
first name > forename
given name > forename
date of birth > birthday
birth date > birthday
be born > birth
come from > origin
black and white > blackwhite
step by step >
help me to >
go away > vanish
run out of > exhaust
work out > exercise
pick up > pickup
drop off > dropoff
check in > checkin
check out > checkout
amount of time > time
amount of money > money
lose weight > loseweight
shed weight > loseweight
weight loss > loseweight
drop weight > loseweight
fall asleep > fallasleep
get to sleep > fallasleep
make money > earn
earn money > earn
get better at > improve
become better at > improve
be better at > improve
ice cream > icecream
stop work > not work
quit work > not work
fail to > not
refuse to > not
in spite of > despite
be allow to > allow
be permit to > allow
side effect > sideeffect
adverse effect > sideeffect
passed away > die
pass away > die
go up > increase
go down > decrease
cut down > reduce
cut down on > reduce
bring down > reduce
speed up > accelerate
make fast > accelerate
slow down > decelerate
carry out > perform
get start with > start
get start > start
start out with > start
take part in > join
hand in > submit
turn in > submit
write down > note
throw away > discard
throw out > discard
put off > postpone
call off > cancel
unsubscribe from > unsubscribe
opt out of > unsubscribe
opt out > unsubscribe
switch to > change to
change over > change
swap out > replace
capital city > capital
get a new password > reset password
receive a new password > reset password
keep crash > crash
stop my subscription > cancel subscription
stop the subscription > cancel subscription
stop my membership > cancel membership
swimming pool > pool
insurance policy > insurance
credit rating > creditscore
credit score > creditscore
ahead of > before
prior to > before
go live > activated
environment variable > envvariable
env variable > envvariable
env var > envvariable
status code > status
cease to > stop
forget my password > not remember password
create new > create
create a new > create
make a new > create
generate a new > create
add a new > add
writing skill > writing
reading skill > reading
speaking skill > speaking
learn how to play > learn
learn to play > learn
learn how to > learn
for loop > forloop
while loop > whileloop
if statement > ifstatement
for statement > forloop
business hours > openhours
opening hours > openhours
opening times > openhours
store hours > openhours
open hours > openhours
hours of operation > openhours
better at writing > improve writing
best way > way
good way > way
right way > way
proper way > way
correct way > way
`;

interface Phrase {
  readonly words: readonly string[];
  readonly becomes: readonly string[];
}

const byFirst = new Map<string, Phrase[]>();
for (const line of TABLE.trim().split('\n')) {
  const [from = '', to = ''] = line.split('>');
  const words = from.trim().split(' ').map(stemOf);
  const becomes = to.trim() === '' ? [] : to.trim().split(' ').map(stemOf);
  const first = words[0] ?? '';
  const others = byFirst.get(first) ?? [];
  byFirst.set(
    first,
    [...others, { words, becomes }].sort((a, b) => b.words.length - a.words.length),
  );
}

/** The words with every phrase as one. Takes and gives stems. */
export function withPhrases(stems: readonly string[]): string[] {
  const out: string[] = [];
  for (let at = 0; at < stems.length; ) {
    const phrase = byFirst.get(stems[at] ?? '')?.find((one) => startsAt(stems, at, one.words));
    if (phrase === undefined) out.push(stems[at] ?? '');
    else out.push(...phrase.becomes);
    at += phrase === undefined ? 1 : phrase.words.length;
  }
  return out;
}

function startsAt(stems: readonly string[], at: number, words: readonly string[]): boolean {
  return words.every((word, index) => stems[at + index] === word);
}
