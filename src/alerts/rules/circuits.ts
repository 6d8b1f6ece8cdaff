// Circuit open: health leaves a target alone because too much of it fails; over when it answers again.
import type { RuleSettings } from '../alert-settings.ts';
import type { Finding, Rule } from '../finding.ts';
import { count, named, span } from '../told-figures.ts';

/** A target as health reports it. */
export interface TargetStanding {
  readonly target: {
    readonly provider: string;
    readonly model: string;
    readonly key: string | null;
    readonly region: string | null;
  };
  readonly standing: { readonly state: 'ready' | 'cooling' | 'open' | 'probing' };
  readonly requests: number;
  readonly errors: number;
  readonly consecutiveFailures: number;
  readonly lastError: { readonly code: string; readonly agoMs: number } | null;
}

export function circuitRule(
  read: () => readonly TargetStanding[],
  settings: () => RuleSettings['circuit_open'],
): Rule {
  const illSince = new Map<string, number>();
  return {
    name: 'circuit_open',
    everyMs: 5_000,
    lingerMs: 15_000,
    look(now) {
      const ill = read().filter(
        ({ standing: { state } }) => state === 'open' || state === 'probing',
      );
      const subjects = new Set(ill.map(subjectOf));
      for (const subject of illSince.keys()) if (!subjects.has(subject)) illSince.delete(subject);
      return ill.flatMap((one) => {
        const subject = subjectOf(one);
        const since = illSince.get(subject) ?? now;
        illSince.set(subject, since);
        return now - since >= settings().afterMs ? [findingOf(one, since)] : [];
      });
    },
  };
}

function subjectOf({ target: { provider, model, key, region } }: TargetStanding): string {
  return `target:${[`${provider}/${model}`, key, region].filter((part) => part !== null).join(' ')}`;
}

function findingOf(one: TargetStanding, since: number): Finding {
  const { provider, model, key } = one.target;
  const name = named(`${provider}/${model}`);
  return {
    subject: subjectOf(one),
    severity: 'warning',
    title: `${name} is failing: it is left alone, and others are asked first`,
    facts: {
      target: key === null ? name : `${name} with key ${named(key)}`,
      'failed lately': `${count(one.errors)} of ${count(one.requests)} calls`,
      'in a row': count(one.consecutiveFailures),
      'last error':
        one.lastError === null
          ? 'none'
          : `${one.lastError.code}, ${span(one.lastError.agoMs)} before`,
    },
    todo: "See the provider's status page; requests without another candidate fail meanwhile.",
    see: `/router/v1/health?provider=${encodeURIComponent(provider)}&model=${encodeURIComponent(model)}`,
    since,
  };
}
