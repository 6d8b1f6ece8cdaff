// A text that seams are hard in: words said twice in a row, blanks and line ends of every kind, code, marks, other scripts,
// characters of two halves, a line that comes again.
import { pieces } from '../../sim/tokens.ts';

export const PROSE = `# A day at the yard

It was a very, very, very long day; so so long that that day had had no end.

- the roundhouse
- the roundhouse
- the coal stage

\`\`\`ts
for (let n = 0; n < 3; n++) {
    shunt(n, n, n);
}
\`\`\`

| wagon | load |
|-------|------|
| 7 7 7 | 7    |

Straße, naïve, Ωmega. 東京の操車場は静かだ。 🚂🚃🚃🚃 go! 🚂🚃🚃🚃 go!

And then:  two blanks.\tA tab. "Quoted <tags> & 'quoted'". No. No. No.

It was a very, very, very long day; so so long that it ended where it began.`;

/** So many tokens it has, as the simulated model counts them. */
export const PROSE_TOKENS = pieces(PROSE).length;
