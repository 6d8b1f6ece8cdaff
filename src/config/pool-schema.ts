// A provider's keys and how many requests it is sent at once: the part of the configuration's shape for them.
import { z } from 'zod';
import { duration } from '../core/options.ts';

/** Labels are shown in the log. */
const LABEL = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
/** What keys are called that were given no label. */
const NUMBERED = /^key-\d+$/;
const OWN = 'own';
/** Shorter texts stand in any key. */
const MIN_TOLD_CHARS = 6;

const labelledKey = z.strictObject({
  key: z.string(),
  weight: z
    .number()
    .min(0)
    .optional()
    .describe('its share beside the other keys’ (default 1); 0: only when no other key is left'),
  label: z
    .string()
    .regex(LABEL, 'must be up to 40 letters, digits, "-", "_" or "."')
    .refine((label) => !NUMBERED.test(label), 'must not look like those of keys without a label')
    .refine((label) => label !== OWN, 'is what keys are called that callers bring')
    .optional()
    .describe('what the log calls it (default key-1, key-2, …)'),
});

export const apiKeys = z
  .array(z.union([z.string(), labelledKey], 'must be a key, or an object with one in "key"'))
  .superRefine((keys, context) => {
    const labels = new Set<string>();
    for (const [index, entry] of keys.entries()) {
      if (typeof entry === 'string' || entry.label === undefined) continue;
      const { key, label } = entry;
      const refuse = (message: string) =>
        context.addIssue({ code: 'custom', path: [index, 'label'], message });
      if (labels.has(label)) refuse(`"${label}" is the label of another key too`);
      else if (tells(label, key)) refuse('must not show the key: labels are no secret');
      labels.add(label);
    }
  });

function tells(label: string, key: string): boolean {
  if (label.length < MIN_TOLD_CHARS || key.length < MIN_TOLD_CHARS) return false;
  return label.includes(key) || key.includes(label);
}

export const limits = z
  .strictObject({
    concurrent: z.int().positive().describe('so many requests at once; more wait for a place'),
    queue: z
      .int()
      .min(0)
      .optional()
      .describe('so many may wait, in the order they came (default 4 × concurrent)'),
    queue_timeout: duration
      .optional()
      .describe('so long; then, or when the queue is full, the next candidate (default 10s)'),
  })
  .describe('how many requests it is sent at once (default: no limit)');
