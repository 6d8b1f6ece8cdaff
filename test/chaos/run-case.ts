// One case: a fault at one wire, told to one caller, with another wire to take over or none. What happened, and what is wrong with it.
import type { Caller } from './caller.ts';
import { listen } from './caller.ts';
import { callProblems } from './check-call.ts';
import { upstreamProblems } from './check-upstreams.ts';
import { type Farm, modelsOf } from './farm.ts';
import type { Fault, WireId } from './faults.ts';
import type { Listened } from './listened.ts';
import { QUESTIONS } from './question.ts';

export interface Case {
  readonly number: number;
  readonly fault: Fault;
  readonly caller: Caller;
  readonly stream: boolean;
  readonly failing: WireId;
  /** Null: there is nobody else. */
  readonly rescuer: WireId | null;
}

export interface Ran {
  readonly one: Case;
  readonly heard: Listened;
  /** Empty: all is as it should be. */
  readonly problems: string[];
}

export async function runCase(farm: Farm, one: Case): Promise<Ran> {
  const { fault, caller, stream, failing, rescuer } = one;
  const [model = '', ...others] = modelsOf(fault, failing, rescuer ?? failing);
  const question = QUESTIONS[fault.question ?? 'text'];
  const tag = `Case ${one.number}:`;
  const seen = farm.watch(tag);
  const heard = await listen(caller, {
    url: farm.gateway.url,
    key: farm.key,
    model,
    prompt: `${tag} please say what you say (in JSON where that is asked).`,
    question,
    stream,
    more: {
      ...(rescuer === null ? {} : { models: others }),
      ...(fault.fallback === undefined ? {} : { fallback: fault.fallback }),
      ...(question.thinks ? { reasoning: { effort: 'low' } } : {}),
    },
  });
  const problems = [...callProblems(one, heard), ...(await upstreamProblems(one, seen()))];
  return { one, heard, problems };
}
