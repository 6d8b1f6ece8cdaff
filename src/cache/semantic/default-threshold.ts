// From which likeness on two prompts are looked at more closely, where nobody says.

/** Cosine of the local model. */
export const DEFAULT_THRESHOLD = 0.85;
