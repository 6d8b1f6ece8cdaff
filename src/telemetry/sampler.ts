// Sampler: which traces are exported, by the names OpenTelemetry has for the ways to choose.

export interface Sampler {
  /** Whether a caller's own word on it counts. */
  readonly parentBased: boolean;
  /** The share of the traces that begin here (or of all, where nobody's word counts). */
  readonly ratio: number;
}

const EVERYTHING: Sampler = { parentBased: true, ratio: 1 };

/** A trace id's last 56 bits are chance. */
const CHANCE = 2 ** 56;

/** Named as OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG do. What nobody knows is said, and everything is taken. */
export function readSampler(
  name: string | undefined,
  argument: string | undefined,
  problems: string[],
): Sampler {
  const [, parent, kind] =
    /^(parentbased_)?(always_on|always_off|traceidratio)$/.exec(name ?? '') ?? [];
  if (kind === undefined) {
    if (name !== undefined)
      problems.push(
        `OTEL_TRACES_SAMPLER is "${name}", which this gateway does not have: it takes every trace.`,
      );
    return EVERYTHING;
  }
  const parentBased = parent !== undefined;
  if (kind !== 'traceidratio') return { parentBased, ratio: kind === 'always_on' ? 1 : 0 };
  const ratio = Number(argument ?? 1);
  if (ratio >= 0 && ratio <= 1) return { parentBased, ratio };
  problems.push('OTEL_TRACES_SAMPLER_ARG is no number from 0 to 1: every trace is taken.');
  return { parentBased, ratio: 1 };
}

/** @param parent the caller's word; null: it has none */
export function isSampled(sampler: Sampler, traceId: string, parent: boolean | null): boolean {
  if (sampler.parentBased && parent !== null) return parent;
  if (sampler.ratio >= 1) return true;
  // Two halves: the whole is more than a number holds exactly.
  const high = Number.parseInt(traceId.slice(18, 25), 16);
  const low = Number.parseInt(traceId.slice(25), 16);
  return (high * 2 ** 28 + low) / CHANCE < sampler.ratio;
}
