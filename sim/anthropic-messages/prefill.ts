// Which of the vendor's models go on from a last assistant turn: those before 4.6 do, later ones refuse it
// (platform.claude.com/docs/en/about-claude/models/migration-guide).
import type { Prefill } from '../go-on.ts';

const LATER = /claude-(?:[a-z]+-4-[6-9]|[a-z]+-[5-9](?:-|$)|mythos)/;

export function claudePrefill(model: string): Prefill {
  return LATER.test(model.toLowerCase().replaceAll('.', '-').split('+')[0] ?? '')
    ? 'refused'
    : 'native';
}
