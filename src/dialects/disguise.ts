// What of a call went out in other words than the caller's, as the encoders tell it.
import type { ChatCall } from '../core/call.ts';
import type { Disguise, EncodedCall } from '../core/dialect.ts';
import { customNames } from './custom-tools.ts';

export interface Disguised {
  /** The call as the caller made it: its free-text tools are offered as functions. Absent: the wire takes them as they are. */
  readonly customTools?: ChatCall['tools'];
  /** The function that stands for the output format. */
  readonly answerTool?: string | null | undefined;
  readonly toolNames?: Disguise['toolNames'];
}

/** Nothing where everything went out as it was asked. */
export function disguiseOf(disguised: Disguised): Pick<EncodedCall, 'disguise'> {
  const custom = customNames(disguised.customTools ?? []);
  const { answerTool, toolNames } = disguised;
  const disguise: Disguise = {
    ...(answerTool === undefined || answerTool === null ? {} : { answerTool }),
    ...(custom.length === 0 ? {} : { customTools: custom }),
    ...(toolNames && Object.keys(toolNames).length > 0 ? { toolNames } : {}),
  };
  return Object.keys(disguise).length === 0 ? {} : { disguise };
}
