// Which prompts are taken to mean the same, and which guard objects where they are not.
import { expect, test } from 'bun:test';
import { forgetReadings, readingOf } from './guards/reading.ts';
import type { Guard } from './meaning.ts';
import { verdictOf } from './same-meaning.ts';

const SAME: readonly (readonly [string, string])[] = [
  ['How do I reset my password?', 'how can i reset my password'],
  ['How do I reset my password?', 'Hi! Could you please tell me how to reset my password? Thanks!'],
  ['How do I reset my password?', 'What are the steps to reset my password?'],
  ['What is the capital of France?', "What's France's capital?"],
  ['How do I turn on two-factor authentication?', 'How can I enable 2FA?'],
  ['In Python, how do I reverse a list?', 'How can I reverse a Python list?'],
  ['Where is my order?', "I'd like to know where my order is."],
  ['How do viruses differ from bacteria?', 'What is the difference between bacteria and viruses?'],
  ['List 5 facts about Mars', 'Please list five facts about Mars.'],
  ['Who was the 16th president of the USA?', 'Who was the sixteenth president of the U.S.?'],
  ['Is it safe to eat raw eggs?', 'Hi, is it safe to eat raw eggs?'],
  ["Why can't I log in?", 'Why am I unable to sign in?'],
];

const OBJECTS: { readonly [G in Guard]: readonly (readonly [string, string])[] } = {
  number: [
    ['Book a table for 4 at 7pm', 'Book a table for 5 at 7pm'],
    ['Cook rice for two people', 'Cook rice for twelve people'],
    ['What is 15% of 200?', 'What is 200% of 15?'],
    ['What is new in Python 3.10?', 'What is new in Python 3.1?'],
    ['What is 1.5 plus 1?', 'What is 15 plus 1?'],
    ['What is -5 plus 3?', 'What is 5 plus 3?'],
    ['List a dozen facts', 'List ten facts'],
    ['Pages 3-5 of it', 'Pages 3-6 of it'],
  ],
  unit: [
    ['How far is 10 km in miles?', 'How far is 10 miles in km?'],
    ['Bake it at 200 degrees Celsius', 'Bake it at 200 degrees Fahrenheit'],
    ['What is $100 worth?', 'What is €100 worth?'],
    ['Remind me in 3 days', 'Remind me in 3 weeks'],
    ['Is 5kg heavy?', 'Is 5lb heavy?'],
    ['Is 5 mW much?', 'Is 5 MW much?'],
  ],
  date: [
    ['What is the weather today?', 'What is the weather tomorrow?'],
    ['Show last month', 'Show next month'],
    ['Are you open on Monday?', 'Are you open on Sunday?'],
    ['What should I do before surgery?', 'What should I do after surgery?'],
    ['What is on in March?', 'What is on in May?'],
  ],
  negation: [
    ['Send the report to everyone', "Don't send the report to everyone"],
    ['How do I make coffee with a filter?', 'How do I make coffee without a filter?'],
    ['Which plans include calls?', 'Which plans never include calls?'],
    ['Invite everyone', 'Invite everyone except Bob'],
  ],
  name: [
    ['Who founded Microsoft?', 'Who founded Apple?'],
    ['What does parse_args do here?', 'What does parse_arg do here?'],
    ['Open the file config.yaml', 'Open the file config.json'],
    ['How do I use grep -i on it?', 'How do I use grep -I on it?'],
    ['Is user@example.com valid here?', 'Is user@example.org valid here?'],
    ['How warm is Turkey in winter?', 'How warm is turkey in winter?'],
    ['How do I clean windows?', 'How do I clean Windows?'],
    ['How do I make an HTTP request?', 'How do I make an HTTPS request?'],
  ],
  order: [
    ['Did Brazil beat Germany?', 'Did Germany beat Brazil?'],
    ['Convert a list to a tuple', 'Convert a tuple to a list'],
    ['Delete it', 'Delete them'],
    ['Can he invite me?', 'Can I invite him?'],
    ['How do I write to a judge?', 'How do I write for a judge?'],
    ['What do I do if I do not sleep?', 'What do I not do if I sleep?'],
    ['May I leave if it rains?', 'May I leave when it rains?'],
    ['Who hired Google?', 'Who was hired by Google?'],
    ['Flights to London, please find some', 'Flights from London, please find some'],
    ['What is the history of computer art?', 'What is the computer history of art?'],
  ],
  opposite: [
    ['How do I increase the font size?', 'How do I decrease the font size?'],
    ['How do I enable notifications?', 'How do I disable notifications?'],
    ['Is this contract legal?', 'Is this contract illegal?'],
    ['What is the best laptop?', 'What is the worst laptop?'],
  ],
  question: [
    ['Can I cancel my flight?', 'How do I cancel my flight?'],
    ['When was Einstein born?', 'Where was Einstein born?'],
    ['Should I use TypeScript?', 'Can I use TypeScript?'],
    ['Is it raining in town now?', 'Was it raining in town now?'],
    ['Who is the CEO of OpenAI?', 'Who was the CEO of OpenAI?'],
  ],
  language: [
    ['How do you say thanks in French?', 'How do you say thanks in Spanish?'],
    ['How do I sort a list in Go?', 'How do I sort a list in Rust?'],
    ['Wie lösche ich mein Konto?', 'How do I delete my account?'],
    ['Wie lösche ich mein Konto?', 'Wie öffne ich mein Konto?'],
    ['東京の天気は？', '大阪の天気は？'],
  ],
  detail: [
    ['Explain recursion', 'Explain recursion to a beginner'],
    ['Write a poem about autumn', 'Write a short poem about autumn'],
    ['How do I install mysql here?', 'How do I install postgres here?'],
    ['What is my name?', 'What is your name?'],
    ['What is the largest city in Texas?', 'What are the largest cities in Texas?'],
    ['Do I drink boiled milk?', 'Do I drink boiling milk?'],
    ['How are losses counted here?', 'How is loss counted here?'],
    ['Where is my boat?', 'Where is a boat?'],
    ['Is it a very hard climb?', 'Is it a hard climb?'],
    ['Is it tea or coffee?', 'Is it tea and coffee?'],
    ['Show me a for loop', 'Show me a while loop'],
    ['What rhymes with big?', 'What rhymes with large?'],
    ['Correct this: he go home', 'Correct this: he goes home'],
    ['yes', 'yes please'],
    ['```\nx = 1\n```', '```\nx  = 1\n```'],
  ],
};

test.each(SAME)('%p is %p', (one, other) => {
  expect(verdictOf(one, other)).toEqual({ same: true });
  expect(verdictOf(other, one)).toEqual({ same: true });
});

for (const [guard, pairs] of Object.entries(OBJECTS)) {
  test.each(pairs)(`${guard}: %p is not %p`, (one, other) => {
    expect(verdictOf(one, other)).toEqual({ same: false, guard: guard as Guard });
    expect(verdictOf(other, one)).toEqual({ same: false, guard: guard as Guard });
  });
}

test('what is said again is the same, also where little or nothing is known of it', () => {
  const texts = ['yes', '2', '', '👍', 'Wie geht es dir?', '東京の天気は？', 'x = { "a": 1 }'];
  for (const text of [...texts, ...SAME.flat()])
    expect(verdictOf(text, ` ${text}\n`)).toEqual({ same: true });
});

test('of a long prompt every character counts', () => {
  const long =
    'Summarise the minutes below for the board and keep the names of all who spoke. '.repeat(8);
  expect(verdictOf(long, long)).toEqual({ same: true });
  expect(verdictOf(long, `${long} Please.`)).toEqual({ same: false, guard: 'detail' });
});

test('a hostile prompt does not hold up the others', () => {
  const began = performance.now();
  for (const piece of [
    'a ',
    'how do i ',
    '" ',
    ': ',
    "don't ",
    'of the ',
    '((((',
    'get to ',
    ', in ',
  ]) {
    const text = piece.repeat(1000);
    expect(verdictOf(text, `${text}x`).same).toBe(false);
    expect(verdictOf(`how does ${text} differ from`, text).same).toBe(false);
  }
  expect(performance.now() - began).toBeLessThan(2000);
});

test('what was read is read once, and again after it was forgotten', () => {
  const first = readingOf('Where is the harbour?');
  expect(readingOf('Where is the harbour?')).toBe(first);
  forgetReadings();
  expect(readingOf('Where is the harbour?')).not.toBe(first);
  expect(readingOf('Where is the harbour?')).toEqual(first);
});
