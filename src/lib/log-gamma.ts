// The logarithm of the gamma function, for positive numbers.

const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * Stirling's series after shifting the argument above 12, where its first terms leave an error below 1e-13
 * (Abramowitz and Stegun, Handbook of Mathematical Functions, 6.1.41).
 */
export function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 12) {
    product *= shifted;
    shifted += 1;
  }
  const inverse = 1 / shifted;
  const square = inverse * inverse;
  const series =
    inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680))));
  return (
    (shifted - 0.5) * Math.log(shifted) - shifted + HALF_LOG_TWO_PI + series - Math.log(product)
  );
}
