// roundRate: nine decimals, which takes the float noise off a rate (0.049999999999999996).

export function roundRate(rate: number): number {
  return Math.round(rate * 1e9) / 1e9;
}
