// Stop sequences for wires that are particular about them.
import type { Sampling } from '../core/call.ts';

/** Those that say something: blank ones are refused, and named. */
export function speakingStops({ stop }: Sampling, lose: (what: string) => void): string[] {
  return (stop ?? []).filter((sequence) => {
    if (sequence.trim() !== '') return true;
    lose(`stop: ${JSON.stringify(sequence)} dropped; a stop sequence cannot be blank`);
    return false;
  });
}
