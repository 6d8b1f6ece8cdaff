// Actor: who changes something of the operator's, as the audit trail names them.

export interface Actor {
  readonly via: 'api' | 'cli' | 'config' | 'gateway';
  /** The id of the admin key; of the command line, the name of the system's user; null: nobody in particular. */
  readonly id: string | null;
}

/** The gateway itself: what happens by the clock. */
export const GATEWAY_ACTOR: Actor = { via: 'gateway', id: null };
