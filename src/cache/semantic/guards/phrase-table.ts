// Several words that say one thing, behind what that is called here; before nothing, what says nothing.

export const PHRASES = `
login < log in | log on | log into | log onto | sign in | sign into | sign on
logout < log out | log off | sign out
register < sign up | sign me up | create account | create an account | create a account | create new account
register < create a new account | open an account | open account | make an account | set up an account
setup < set up
enable < turn on | switch on
disable < turn off | switch off | shut off
shutdown < shut down
remove < get rid of | take off
takeout < take out
find < look for | search for | find out | figure out
create < come up with | put together | create new | create a new | make a new | generate a new
fill < fill out | fill in
save < set aside
return < give back | send back
getback < get back
refund < get a refund | get refund | get my money back | get money back | ask for a refund | request a refund
refund < receive a refund
pay < make a payment | make payment
book < make a booking | make a reservation
order < place an order | make an order
buy < make a purchase
contact < get in touch with | reach out to | get hold of | speak to | speak with | talk to | talk with
contact < get in contact with
support < customer service | customer support | customer care | support team | tech support
twofactor < two factor authentication | two step verification | two factor auth | multi factor authentication | 2fa
creditcard < credit card
debitcard < debit card
phonenumber < phone number | cell phone number | telephone number | mobile number
phone < cell phone | mobile phone
email < e mail | email address | mail address
address < home address
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
climatechange < climate change | global warming
usa < united states | united states of america | u.s | u.s.a | us^
uk < united kingdom | great britain
nyc < new york city
machinelearning < machine learning
ai < artificial intelligence
llm < large language model
example < for example
many < a lot of | lots of | plenty of | as many
and < as well as
like < such as
because < due to | because of
to < in order to | so as to
so < so that
asap < as soon as possible
now < right now | at the moment | at present | these days | nowadays
responsible < in charge of
< be able to | able to | want to | like to | trying to | try to | tries to | step by step | help me to
not < unable to | not able to | fail to | refuse to
must < have to | need to | got to
should < supposed to
get < keep getting
not anymore < no longer
anymore < any more
instead < instead of | rather than
except < except for | apart from | other than
morethan < more than | greater than | larger than | bigger than | over than
lessthan < less than | fewer than | smaller than
atleast < at least
atmost < at most | up to | no more than
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
surname < last name | family name
forename < first name | given name
birthday < date of birth | birth date
birth < be born
origin < come from
blackwhite < black and white
vanish < go away
exhaust < run out of
exercise < work out
pickup < pick up
dropoff < drop off
checkin < check in
checkout < check out
time < amount of time
money < amount of money
loseweight < lose weight | shed weight | weight loss | drop weight
fallasleep < fall asleep | get to sleep
earn < make money | earn money
improve < get better at | become better at | be better at
icecream < ice cream
not work < stop work | quit work
despite < in spite of
allow < be allow to | be permit to
sideeffect < side effect | adverse effect
die < passed away | pass away
increase < go up
decrease < go down
reduce < cut down | cut down on | bring down
accelerate < speed up | make fast
decelerate < slow down
perform < carry out
start < get start with | get start | start out with
join < take part in
submit < hand in | turn in
note < write down
discard < throw away | throw out
postpone < put off
cancel < call off
unsubscribe < unsubscribe from | opt out of | opt out
change to < switch to
change < change over
replace < swap out
capital < capital city
reset password < get a new password | receive a new password
crash < keep crash
cancel subscription < stop my subscription | stop the subscription
cancel membership < stop my membership
pool < swimming pool
insurance < insurance policy
creditscore < credit rating | credit score
before < ahead of | prior to
activated < go live
envvariable < environment variable | env variable | env var
status < status code
stop < cease to
not remember password < forget my password
add < add a new
writing < writing skill
reading < reading skill
speaking < speaking skill
learn < learn how to play | learn to play | learn how to
forloop < for loop | for statement
whileloop < while loop
ifstatement < if statement
openhours < business hours | opening hours | opening times | store hours | open hours | hours of operation
improve writing < better at writing
way < best way | good way | right way | proper way | correct way
`;
