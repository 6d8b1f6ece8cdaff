// apgr: how much of what a strong model gains over a weak one a router recovers on average, over all shares of calls.

export interface Graded {
  readonly weak: number;
  readonly strong: number;
}

const SHARES = 10;

interface Point {
  /** Of the calls, to the strong model. */
  readonly share: number;
  readonly quality: number;
}

/**
 * Average performance gap recovered, as arxiv.org/abs/2406.18665 §3 defines it and its authors' code computes it
 * (github.com/lm-sys/RouteLLM, evals): thresholds at the deciles of the scores, the curve's area by trapezoids, between that
 * of the weak model (0) and of the strong one (1). 0.5 is chance.
 */
export function apgr(graded: readonly Graded[], scores: readonly number[]): number {
  const points = curve(graded, scores);
  const weak = meanOf(graded.map((one) => one.weak));
  const strong = meanOf(graded.map((one) => one.strong));
  let area = 0;
  let width = 0;
  points.forEach(({ share, quality }, at) => {
    const before = points[at - 1];
    if (before === undefined) return;
    area += ((share - before.share) * (quality + before.quality)) / 2;
    width += share - before.share;
  });
  return (area - weak * width) / ((strong - weak) * width);
}

function curve(graded: readonly Graded[], scores: readonly number[]): Point[] {
  const sorted = [...scores].sort((a, b) => a - b);
  const points: Point[] = [];
  for (let step = SHARES; step >= 0; step--) {
    const threshold = quantile(sorted, step / SHARES);
    let calls = 0;
    let quality = 0;
    graded.forEach(({ weak, strong }, at) => {
      const score = scores[at] ?? 0;
      const isStrong = step === SHARES ? score > threshold : score >= threshold;
      if (isStrong) calls++;
      quality += isStrong ? strong : weak;
    });
    points.push({ share: calls / graded.length, quality: quality / graded.length });
  }
  return points;
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
