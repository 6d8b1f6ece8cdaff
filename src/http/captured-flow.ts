// captured: an answer under way whose pieces are also held on to, where somebody asked for its body to be kept.
import type { BodyCapture } from '../bodies/body-capture.ts';
import type { Flow } from './respond.ts';

/** The flow itself where nobody did. */
export function captured<Piece extends string | Uint8Array>(
  flow: Flow<Piece>,
  bodies: BodyCapture | null,
  type: string,
): Flow<Piece> {
  if (bodies === null) return flow;
  bodies.begins(type, type.startsWith('text/'));
  return {
    async next() {
      const piece = await flow.next();
      if (piece === null) bodies.end();
      else bodies.piece(piece);
      return piece;
    },
    hangUp() {
      flow.hangUp();
      bodies.end();
    },
    stop: (reason) => flow.stop(reason),
  };
}
