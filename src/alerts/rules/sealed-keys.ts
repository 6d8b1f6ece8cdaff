// Vault: stored provider keys that cannot be opened, so that whoever they are for is served by nobody, or by the operator's.
import type { Rule } from '../finding.ts';

/** @param read what is wrong and what to do, without secrets; null: nothing */
export function sealedKeysRule(read: () => string | null): Rule {
  return {
    name: 'vault',
    everyMs: 5_000,
    lingerMs: 30_000,
    look() {
      const trouble = read();
      if (trouble === null) return [];
      return [
        {
          subject: 'keys',
          severity: 'critical',
          title: 'Stored provider keys cannot be opened',
          facts: {},
          todo: trouble,
          see: '/router/v1/provider-keys',
        },
      ];
    },
  };
}
