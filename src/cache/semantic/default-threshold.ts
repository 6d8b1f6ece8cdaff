// From which likeness on two prompts are looked at more closely, where nobody says.

/**
 * A cosine, and of the local model. Whether two prompts are the same is for the guards to say (same-meaning.ts), and they say it
 * the same at any threshold; this one is the net behind them, for what no guard has heard of. On the pairs of `npm run bench:cache`
 * it costs one in twelve of the right hits: what guards let pass is nearly always more alike than this. Lower finds little more; from
 * 0.95 on right answers are lost quickly. It makes up for no guard: "Can he sue me?" and "Can I sue him?" are at 0.96, "10 miles in
 * km" and "10 km in miles" at 0.99.
 *
 * Other models spread the same prompts otherwise, some put everything between 0.7 and 1. Their threshold is found with shadow mode:
 * the likeness of what guards let pass is in the log; one below nearly all of it is right. Where there is no time for that, this one
 * is a fair beginning: too high a threshold only misses.
 */
export const DEFAULT_THRESHOLD = 0.85;
