// Several words that say one thing, behind what that is called here; before nothing, what says nothing.

export const PHRASES = `
login < log in | log on | log into | sign in
logout < log out | log off | sign out
register < sign up | create account | create an account | create new account
register < create a new account | make an account
turnon < turn on | switch on
turnoff < turn off | switch off
shutdown < shut down
takeout < take out
create < create new | create a new
fillout < fill out
save < set aside
getback < get back
refund < get a refund | get refund | get my money back | get money back
pay < make a payment | make payment
book < make a booking
order < place an order | make an order
buy < make a purchase
contact < get in touch with
contact < get in contact with
customerservice < customer service | customer support | customer care
twofactor < two factor authentication | two factor auth | 2fa
creditcard < credit card
debitcard < debit card
phonenumber < phone number | telephone number
phone < cell phone | mobile phone
email < e mail | email address
zipcode < zip code | postal code | post code
website < web site
webpage < web page
database < data base
username < user name
password < pass word
opensource < open source
pullrequest < pull request | merge request
commandline < command line
timezone < time zone
darkmode < dark mode
highschool < high school
climatechange < climate change
usa < united states | united states of america | u.s | u.s.a | us^
uk < united kingdom | great britain
nyc < new york city
machinelearning < machine learning
ai < artificial intelligence
llm < large language model
example < for example
many < a lot of | lots of
afew < a few
alittle < a little
and < as well as
because < due to | because of
to < in order to | so as to
so < so that
asap < as soon as possible
now < right now | at the moment | at present
< be able to | able to | step by step | help me to
not < unable to | not able to
must < have to | need to
should < supposed to
not anymore < no longer
anymore < any more
instead < instead of | rather than
except < except for | apart from | other than
morethan < more than
lessthan < less than
atleast < at least
atmost < at most | no more than
howmany < how many
howmuch < how much
howlong < how long
howoften < how often | how frequently
howfar < how far
howold < how old
thisweek < this week
thismonth < this month
thisyear < this year
thismorning < this morning
thisweekend < this weekend
surname < last name
forename < first name
birthdate < date of birth | birth date
blackwhite < black and white
exhaust < run out of
workout < work out
pickup < pick up
dropoff < drop off
checkin < check in
checkout < check out
time < amount of time
money < amount of money
loseweight < lose weight | shed weight | weight loss | drop weight
fallasleep < fall asleep | get to sleep
earn < make money | earn money
improve at < get better at | become better at
icecream < ice cream
despite < in spite of
allow to < be allowed to | be permitted to
sideeffect < side effect | adverse effect
die < pass away
reduce < cut down on
accelerate < speed up
decelerate < slow down
submit < hand in
note < write down
discard < throw away | throw out
cancel < call off
unsubscribe < unsubscribe from
replace < swap out
capital < capital city
reset password < get a new password
cancel subscription < stop my subscription | stop the subscription
cancel membership < stop my membership
pool < swimming pool
creditscore < credit score
before < ahead of | prior to
envvariable < environment variable | env variable | env var
stop < cease to
not remember password < forget my password
add < add a new
learn to < learn how to
forloop < for loop
whileloop < while loop
ifstatement < if statement
openhours < business hours | opening hours | opening times | store hours | open hours | hours of operation
`;
