// Actor: who changes something of the operator's, as the audit trail names them.

export interface Actor {
  readonly via: 'api' | 'cli' | 'config' | 'gateway';
  /** The id of the admin key; of the command line, the name of the system's user; null: nobody in particular. */
  readonly id: string | null;
  /** What the key is called. */
  readonly name?: string | null;
  /** Where the call came from: the nearest proxy, where there is one. */
  readonly address?: string | null;
}

/** The gateway itself: what happens by the clock. */
export const GATEWAY_ACTOR: Actor = { via: 'gateway', id: null };

/** Whoever saved the configuration file: nobody is known to have. */
export const CONFIG_ACTOR: Actor = { via: 'config', id: null };
