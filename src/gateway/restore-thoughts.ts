// Puts reasoning back that a caller's client dropped between tool calls: into the call that is translated, or into the
// caller's own text. Only what the target takes; whatever the caller did send stays.
import type { ChatCall, Message, Part, ToolUsePart } from '../core/call.ts';
import type { Target, UpstreamDialect } from '../core/dialect.ts';
import type { BareTurn, FilledTurn, PastCall, ReasoningReplay, Thought } from '../core/thoughts.ts';
import { takesThought, takesThoughts } from '../dialects/takes-thought.ts';
import { asObject } from '../lib/json.ts';
import type { AttemptRecording } from './attempt-recording.ts';
import type { Inbound } from './inbound.ts';
import type { ThoughtMemory } from './thought-memory.ts';

interface Restoring {
  readonly dialect: Pick<UpstreamDialect, 'id'>;
  readonly target: Target;
  readonly memory: ThoughtMemory;
  readonly recording: AttemptRecording;
}

/** The call with what is known and taken. */
export async function withThoughts(call: ChatCall, restoring: Restoring): Promise<ChatCall> {
  const { dialect, target } = restoring;
  if (!takesThoughts(dialect.id, target) || isOff(call)) return call;
  const turns = bareTurns(call, restoring);
  if (turns.length === 0) return call;
  const filled = await fill(turns, restoring);
  if (filled.length === 0) return call;
  const byPlace = new Map(filled.map((turn) => [turn.at, turn]));
  const messages = call.messages.map((message, at) => {
    const turn = byPlace.get(at);
    return turn === undefined ? message : { ...message, parts: filledParts(message.parts, turn) };
  });
  return { ...call, messages };
}

type Own = Pick<Inbound, 'dialect' | 'text' | 'body'>;

/** The caller's own text and body with what is known and the target insists on; null where it stays as it is, at once where nothing is missing. */
export function withThoughtsInText(
  inbound: Own,
  restoring: Omit<Restoring, 'dialect'>,
): Promise<Pick<Own, 'text' | 'body'> | null> | null {
  const { replay } = inbound.dialect;
  const turns = replay?.bareTurns(inbound.body, restoring.target) ?? [];
  return replay === undefined || turns.length === 0
    ? null
    : spliced(inbound, replay, turns, restoring);
}

async function spliced(
  { dialect, text, body }: Own,
  replay: ReasoningReplay,
  turns: readonly BareTurn[],
  restoring: Omit<Restoring, 'dialect'>,
): Promise<Pick<Own, 'text' | 'body'> | null> {
  const filled = await fill(turns, { ...restoring, dialect });
  const needed = replay.needsStandIns?.(body, restoring.target) === true;
  if (needed) filled.push(...standIns(turns, filled, restoring.recording));
  if (filled.length === 0) return null;
  const restored = replay.restore(text, filled, restoring.target);
  return { text: restored, body: asObject(JSON.parse(restored)) ?? body };
}

/** Thinking that the caller turned off is not to be gone on with. */
function isOff({ reasoning }: ChatCall): boolean {
  if (reasoning === null) return false;
  return reasoning.mode === 'disabled' || reasoning.effort === 'none' || reasoning.budget === 0;
}

function bareTurns(call: ChatCall, { dialect, target }: Restoring): readonly BareTurn[] {
  const turns: BareTurn[] = [];
  call.messages.forEach(({ role, parts, path }, at) => {
    if (role !== 'assistant') return;
    const calls = parts.filter(isCall);
    const bare = (part: Part) => !isThought(part) || !takesThought(dialect.id, target, part, null);
    if (calls.length > 0 && parts.every(bare)) turns.push({ at, path, calls });
  });
  return turns;
}

/** The turns something is known of, with as much of it as the target takes. */
async function fill(
  turns: readonly BareTurn[],
  { dialect, target, memory, recording }: Restoring,
): Promise<FilledTurn[]> {
  const recalled = memory.recall(turns.flatMap(({ calls }) => calls));
  const known = recalled instanceof Promise ? await recalled : recalled;
  const filled: FilledTurn[] = [];
  for (const turn of turns) {
    const parts = new Map<PastCall, readonly Thought[]>();
    for (const call of turn.calls) {
      const found = known.get(call);
      const taken = found?.thoughts.filter(({ part }) =>
        takesThought(dialect.id, target, part, found),
      );
      if (taken !== undefined && taken.length > 0) parts.set(call, taken);
    }
    if (parts.size === 0) continue;
    filled.push({ ...turn, parts });
    recording.restore(`${turn.path}: the reasoning before its tool calls`);
  }
  return filled;
}

/** The turns of which nothing is known: another model's, or too long ago. */
function standIns(
  turns: readonly BareTurn[],
  filled: readonly FilledTurn[],
  recording: AttemptRecording,
): FilledTurn[] {
  const known = new Set(filled.map(({ at }) => at));
  const unknown = turns.filter(({ at }) => !known.has(at));
  for (const { path } of unknown)
    recording.restore(`${path}: a blank for the reasoning before its tool calls; none is known`);
  return unknown.map((turn) => ({ ...turn, parts: new Map() }));
}

/** Where it was: at the beginning of the turn, or right before the call that it led to. */
function filledParts(parts: readonly Part[], { calls, parts: thoughts }: FilledTurn): Part[] {
  const [first] = calls;
  const early = ((first && thoughts.get(first)) ?? []).filter(({ afterText }) => !afterText);
  const out: Part[] = early.map(({ part }) => part);
  for (const part of parts) {
    // What a client sent back without its signature is the same thought once more.
    if (part.type === 'reasoning' && part.signature === undefined && part.format === undefined)
      continue;
    if (isCall(part)) {
      for (const thought of thoughts.get(part) ?? [])
        if (!early.includes(thought)) out.push(thought.part);
    }
    out.push(part);
  }
  return out;
}

function isCall(part: Message['parts'][number]): part is ToolUsePart {
  return part.type === 'tool-use';
}

function isThought(
  part: Part,
): part is Extract<Part, { type: 'reasoning' | 'redacted-reasoning' }> {
  return part.type === 'reasoning' || part.type === 'redacted-reasoning';
}
