// attemptsOf: a planned request's attempts: whom it may ask, by which door, and who is told of it.
import { healthTarget } from '../core/health.ts';
import type { InjectedFaults } from '../core/injected-fault.ts';
import type { Plan } from '../core/plan.ts';
import type { Gateway } from './gateway.ts';
import type { Recording } from './recording.ts';
import type { ExchangeScope } from './scope.ts';
import { type Sticky, type Target, TargetLine } from './targets.ts';
import type { Attempts } from './try-target.ts';

export function attemptsOf(
  plan: Plan,
  sticky: Sticky,
  { load, health }: Pick<Gateway, 'load' | 'health'>,
  recording: Recording,
  { abort }: Pick<ExchangeScope, 'abort'>,
  faults: InjectedFaults | null,
): Attempts {
  const admits = ({ candidate, key }: Target) => health.admits(healthTarget(candidate, key));
  const line = new TargetLine(plan, sticky, load, admits);
  return { line, recording, abort, by: faults === null ? { load } : { load, faults } };
}
