// The words that guards look for: units, dates, negators, languages, opposites.

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

export const NEGATORS = words(`
not no never none nobody nothing nowhere neither nor without except hardly barely scarcely rarely seldom instead exclude excluding
unless lack lacking cease
`);

export const UNITS: ReadonlyMap<string, string> = new Map(
  `km kilometer kilometers kilometre kilometres kms|m meter meters metre metres|cm centimeter centimeters centimetre centimetres
mm millimeter millimeters millimetre millimetres|mi mile miles|ft foot feet|inch inches|yd yard yards|kg kilo kilos kilogram kilograms kgs
g gram grams gramme grammes|mg milligram milligrams|lb lbs pound pounds|oz ounce ounces|ton tons tonne tonnes|l liter liters litre litres
ml milliliter milliliters millilitre millilitres|gal gallon gallons|cup cups|tablespoon tablespoons tbsp|teaspoon teaspoons tsp|pint pints
celsius centigrade °c|fahrenheit °f|kelvin|degree degrees|usd dollar dollars us$|eur euro euros|gbp sterling|jpy yen|inr rupee rupees
cny yuan rmb|chf franc francs|cent cents|btc bitcoin bitcoins|eth ethereum ether|ms millisecond milliseconds|sec secs|min minute minutes mins
h hour hours hr hrs|day days|week weeks|fortnight|month months|year years yr yrs|decade decades|century centuries|byte bytes|bit bits
kb kilobyte kilobytes|mb megabyte megabytes|gb gigabyte gigabytes|tb terabyte terabytes|mbps|gbps|hz hertz|khz|mhz|ghz|watt watts|kw kilowatt
kwh|volt volts|amp amps|calorie calories kcal|joule joules|mph|kph kmh|acre acres|hectare hectares|percent percentage pct|radian radians|pixel pixels px
em rem|stone`
    .split(/[|\n]/)
    .flatMap((line) => {
      const all = line.split(' ');
      return all.map((word) => [word, all[0] ?? word] as const);
    }),
);

export const DATES: ReadonlyMap<string, string> = new Map(
  `monday mon|tuesday tue tues|wednesday wed|thursday thu thur thurs|friday fri|saturday|sunday|january jan|february feb|march|april apr|may
june jun|july jul|august aug|september sep sept|october oct|november nov|december dec|today|tonight|yesterday|tomorrow|weekend weekends|weekday weekdays
morning mornings|afternoon afternoons|evening evenings|night nights|noon midday|midnight|spring|summer|autumn|winter|last|next|previous
past|future|upcoming|recent recently|latest newest|current currently now|before|after|until till|since|during|ago|daily|weekly|monthly|yearly annually annual
hourly|quarterly|christmas|easter|halloween|thanksgiving|am|pm|bc bce|early|late|earlier|later|thisweek|thismonth|thisyear|thismorning|thisweekend
already|still|yet|soon|immediately asap|always|sometimes|often|quarter|q1|q2|q3|q4`
    .split(/[|\n]/)
    .flatMap((line) => {
      const all = line.split(' ');
      return all.map((word) => [word, all[0] ?? word] as const);
    }),
);

export const LANGUAGES = words(`
english french german spanish italian portuguese dutch swedish norwegian danish finnish polish russian ukrainian czech slovak hungarian
romanian greek turkish arabic hebrew hindi bengali urdu tamil chinese mandarin cantonese japanese korean vietnamese thai indonesian
malay swahili latin catalan welsh irish persian farsi tagalog esperanto
python javascript typescript java ruby golang rust c c++ c# php perl swift kotlin scala haskell bash powershell sql html css lua r matlab
json yaml xml csv markdown toml
`);

/** Numbers in words. */
export const NUMBERS: ReadonlyMap<string, string> = new Map(
  `zero 0|one 1|two 2|three 3|four 4|five 5|six 6|seven 7|eight 8|nine 9|ten 10|eleven 11|twelve 12|thirteen 13|fourteen 14|fifteen 15|sixteen 16
seventeen 17|eighteen 18|nineteen 19|twenty 20|thirty 30|forty 40|fifty 50|sixty 60|seventy 70|eighty 80|ninety 90|dozen 12|hundred 100
thousand 1000|million 1000000|billion 1000000000|trillion 1000000000000|half 1/2|third 3rd|quarter 1/4|once 1x|twice 2x|thrice 3x
first 1st|second 2nd|fourth 4th|fifth 5th|sixth 6th|seventh 7th|eighth 8th|ninth 9th|tenth 10th|eleventh 11th|twelfth 12th
thirteenth 13th|fourteenth 14th|fifteenth 15th|sixteenth 16th|seventeenth 17th|eighteenth 18th|nineteenth 19th|twentieth 20th`
    .split(/[|\n]/)
    .map((pair) => pair.split(' ') as [string, string]),
);

/** In capitals something else than in small letters. */
export const BOTH = words('us it may march august who polish turkey china apple target shell');

/** Words of other languages that English does not have: what hardly any sentence there does without. */
export const FOREIGN = words(`
que como cómo qué por para está el la los las una un del es y mi cuál dónde cuándo le les des et est quoi comment pourquoi quel quelle je vous
nous ma une dans sur avec pas qui où ist das der den wie warum wann wo nicht ich mein meine und ein eine einen für mit auf kann il lo gli
di che perché dove sono una nel com não uma você meu minha o os em isso het een hoe wat waarom mijn ik van niet och jag är att inte det som
nie jak jest czy bir ve nasıl için yang dan untuk dengan apa bagaimana
`);
