// Items of any order → blocks that never overlap, as the law of ChatEvent wants them.
//
// Nearly every server finishes an item before it begins the next. Where one does not, the later item waits until the
// earlier one is over, and keeps its place.
import type { BlockDelta, BlockStart, ChatEvent } from '../../core/event.ts';

type Step =
  | { readonly do: 'start'; readonly block: BlockStart }
  | { readonly do: 'delta'; readonly delta: BlockDelta }
  | { readonly do: 'end' };

/** The blocks of one item, in order. */
export class Lane {
  readonly #lanes: Lanes;
  readonly held: Step[] = [];
  over = false;
  /** True: gives way when another item begins to speak, and takes a new block for whatever it still has to say. */
  yields = false;
  #open: BlockStart | null = null;

  constructor(lanes: Lanes) {
    this.#lanes = lanes;
  }

  get open(): BlockStart | null {
    return this.#open;
  }

  /** Opens a block; the one before ends. */
  start(block: BlockStart): void {
    if (this.over) return;
    this.end();
    this.#open = block;
    this.#lanes.step(this, { do: 'start', block });
  }

  /** Adds to the open block. */
  delta(delta: BlockDelta): void {
    if (this.#open === null) return;
    this.#lanes.step(this, { do: 'delta', delta });
  }

  end(): void {
    if (this.#open === null) return;
    this.#open = null;
    this.#lanes.step(this, { do: 'end' });
  }

  /** Nothing more will come. */
  close(): void {
    if (this.over) return;
    this.end();
    this.over = true;
    this.#lanes.advance();
  }
}

export class Lanes {
  #events: ChatEvent[] = [];
  /** Those that are not over; the first is the one that speaks. */
  #lanes: Lane[] = [];
  #next = 0;

  /** The events since the last call. */
  take(): ChatEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  emit(event: ChatEvent): void {
    this.#events.push(event);
  }

  /** A new item, after all that have been opened. */
  open(): Lane {
    const lane = new Lane(this);
    this.#lanes.push(lane);
    return lane;
  }

  step(lane: Lane, step: Step): void {
    const live = this.#lanes[0];
    if (live === lane) {
      this.#write(step);
      return;
    }
    lane.held.push(step);
    if (live?.yields === true && step.do === 'start') this.#giveWay(live);
  }

  /** Lets the next lane speak where the first is over. */
  advance(): void {
    for (;;) {
      const live = this.#lanes[0];
      if (live === undefined || !live.over) return;
      this.#lanes.shift();
      this.#flushFirst();
    }
  }

  /** Closes every item, whole or not. */
  closeAll(): void {
    for (const lane of [...this.#lanes]) lane.close();
  }

  #giveWay(live: Lane): void {
    live.end();
    live.over = true;
    this.advance();
  }

  #flushFirst(): void {
    const first = this.#lanes[0];
    if (first === undefined) return;
    for (const step of first.held.splice(0)) this.#write(step);
  }

  #write(step: Step): void {
    const index = this.#next;
    switch (step.do) {
      case 'start':
        this.#events.push({ type: 'block-start', index, block: step.block });
        return;
      case 'delta':
        this.#events.push({ type: 'block-delta', index, delta: step.delta });
        return;
      case 'end':
        this.#events.push({ type: 'block-end', index });
        this.#next += 1;
        return;
    }
  }
}
