// Flight: a request under way whose answer others who ask the same will get too. The one who asked first leads; the call goes
// on as long as anybody wants it, whoever began it.

import type { CachedAnswer } from '../../core/cached-answer.ts';
import { GatewayError } from '../../core/errors.ts';
import type { Exchange } from '../../core/exchange.ts';
import { Abort } from '../../lib/abort.ts';
import type { StreamAnswer, WholeAnswer } from '../attempt.ts';
import { clientClosed } from '../client-closed.ts';
import type { Recording } from '../recording.ts';
import type { SharedFlow } from './shared-flow.ts';
import type { Tape } from './tape.ts';

/** What those who joined are told, once. */
export type Landing =
  | { readonly kind: 'whole'; readonly answered: WholeAnswer }
  | { readonly kind: 'stream'; readonly answered: StreamAnswer; readonly tape: Tape }
  /** It was kept already; for a prompt that means the same where `similarity` says how alike they are. */
  | { readonly kind: 'kept'; readonly kept: CachedAnswer; readonly similarity: number | null }
  | { readonly kind: 'failed'; readonly error: GatewayError };

export class Flight {
  /** Whether the one who leads gets a stream. */
  readonly streams: boolean;
  /** Ends the call: what its attempts listen to instead of their caller. */
  readonly abort = new Abort<GatewayError>();
  readonly leader: Recording;
  /** How long it waits for what. */
  readonly deadlines: string;
  /** What of the leader's request decides whether it fails, and nothing else: see `askerOf`. */
  readonly asker: () => string;
  /** The leader's story, once it is told. */
  story: Exchange | null = null;
  readonly landed: Promise<Landing>;
  readonly #land: (landing: Landing) => void;
  #flow: SharedFlow | null = null;
  #tape: Tape | null = null;
  #joined = 0;
  #leaderGone = false;
  #over = false;
  #afterwards: (() => void)[] = [];

  constructor(
    leader: Recording,
    streams: boolean,
    { deadlines, asker }: Pick<Flight, 'deadlines' | 'asker'>,
  ) {
    this.leader = leader;
    this.deadlines = deadlines;
    this.asker = asker;
    this.streams = streams;
    const { promise, resolve } = Promise.withResolvers<Landing>();
    this.landed = promise;
    this.#land = resolve;
  }

  /** The first content is here, or all of it. */
  begun(landing: Exclude<Landing, { kind: 'failed' }>): void {
    if (landing.kind === 'stream') this.#tape = landing.tape;
    this.#land(landing);
  }

  /** Whether one may still join. */
  get isOpen(): boolean {
    return !this.#over && this.#tape?.lost !== true;
  }

  /** Whether anybody follows. */
  get isFollowed(): boolean {
    return this.#joined > 0;
  }

  /** From now on those who follow can drive it on. */
  flows(flow: SharedFlow): void {
    this.#flow = flow;
  }

  advance(): Promise<unknown> {
    return this.#flow?.advance() ?? Promise.resolve();
  }

  /** The leader's story is told: nothing more will come. */
  end(story: Exchange, error: GatewayError | null): void {
    this.story = story;
    this.#over = true;
    this.#tape?.failed(error ?? nothingCame());
    this.#land({ kind: 'failed', error: error ?? nothingCame() });
    const waiting = this.#afterwards;
    this.#afterwards = [];
    for (const done of waiting) done();
  }

  join(): void {
    this.#joined += 1;
  }

  /** One who joined has what they wanted, or wants it no more. */
  leave(): void {
    this.#joined -= 1;
    if (this.#joined > 0 || !this.#leaderGone || this.#over) return;
    this.abort.trigger(clientClosed());
    this.#flow?.end();
  }

  /** The leader's exchange is stopped. Only that nobody wants it any more ends a call that others have joined. */
  stopped(reason: GatewayError): void {
    if (reason.code === 'client_closed' && this.leaderLeft()) return;
    this.abort.trigger(reason);
  }

  /** The leader's caller is gone. True: it goes on for others. */
  leaderLeft(): boolean {
    this.#leaderGone = true;
    if (this.#joined === 0 || this.#over) return false;
    this.leader.left(clientClosed());
    return true;
  }

  /** Runs it now, or when the call is over where the leader left it to others. */
  afterwards(done: () => void): void {
    if (this.#over || !this.#leaderGone || this.#joined === 0) done();
    else this.#afterwards.push(done);
  }
}

function nothingCame(): GatewayError {
  return new GatewayError('internal', 'A request that others had joined ended without an answer.');
}
