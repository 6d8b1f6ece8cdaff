// A process of its own: callers that ask for streams, of which some break, and read every letter of what comes.
import { CALLERS, hear } from '../../journeys/callers.ts';
import { QUESTIONS } from '../question.ts';
import { FAILS, flakyModel, STEADY_MODEL } from './load-models.ts';

const [url = '', key = '', streams = '0', atOnce = '1', first = '0'] = process.argv.slice(2);
/** One in five fails. */
const EVERY = 15;

let next = Number(first);
const end = next + Number(streams);
let done = 0;
let broken = 0;
const examples: string[] = [];

async function ask(number: number): Promise<string | null> {
  const caller = CALLERS[number % CALLERS.length];
  const fault = FAILS[number % EVERY];
  if (!caller) return 'no caller';
  const body = caller.body(flakyModel(fault), {
    models: [STEADY_MODEL],
    fallback: { ttft_timeout: '2s' },
    stream: true,
  });
  const response = await fetch(url + caller.path, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const heard = await hear(caller, response);
  const { status, text, ended, starts } = heard;
  if (status !== 200 || heard.broken || !ended || starts !== 1 || heard.error !== null)
    return `${fault ?? 'no fault'}: ${status}, ${starts} starts, ${ended ? 'ended' : 'no end'}, ${JSON.stringify(heard.error)}`;
  return text === QUESTIONS.text.text ? null : `${fault ?? 'no fault'}: text ${text.slice(-60)}`;
}

async function caller(): Promise<void> {
  for (let number = next++; number < end; number = next++) {
    const problem = await ask(number).catch((error: unknown) => String(error));
    done += 1;
    if (problem === null) continue;
    broken += 1;
    if (examples.length < 5) examples.push(problem);
  }
}

const timer = setInterval(() => process.stderr.write(`${done}/${streams}\n`), 5000);
await Promise.all(Array.from({ length: Number(atOnce) }, caller));
clearInterval(timer);
process.stdout.write(JSON.stringify({ done, broken, examples }));
