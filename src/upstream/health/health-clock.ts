// HealthClock: what health cannot know by itself: the time, chance and the settings in force.
import type { HealthSettings } from './settings.ts';

export interface HealthClock {
  /** Milliseconds that never go back. */
  now(): number;
  /** From 0 to just under 1. */
  chance(): number;
  settings(): HealthSettings;
}
