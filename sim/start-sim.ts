// startSim: a simulated provider on a port of this machine, speaking OpenAI Chat Completions and Anthropic Messages.
import { listenHttp } from './http/listen-http.ts';
import type { RecordedRequest } from './record-requests.ts';
import { Simulator } from './simulator.ts';

export type { RecordedRequest } from './record-requests.ts';

export interface SimOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Tokens a second of models that do not say; default: as fast as they can be read. */
  readonly pace?: number;
  /** The same seed gives the same ids in the same order; default: chance. */
  readonly seed?: number;
  /** Only these keys are let in; default: any, or none. */
  readonly requireKey?: string | readonly string[];
  /** At least this many of the latest requests are kept, with their bodies; 0: none. Default 1000. */
  readonly keep?: number;
  /** Called with a line for every request when it is done. */
  readonly log?: (line: string) => void;
}

export interface Sim {
  /** Base URL for either SDK, with the version: `http://127.0.0.1:1234/v1`. */
  readonly url: string;
  readonly port: number;
  /** What came, oldest first; bounded. */
  readonly requests: readonly RecordedRequest[];
  /** How many came since the start or the last `clear`. */
  readonly received: number;
  /** A base URL whose every request is answered with these words: `status=503+retry-after=2`. */
  urlWith(words: string): string;
  /** A base URL nobody listens at: connections are refused. */
  refusingUrl(): string;
  /** Forgets requests, `times=N` counts and cached prompts. */
  clear(): void;
  /** Closes the port and all connections. */
  stop(): Promise<void>;
}

/** Starts it; it listens when this returns. Throws what the runtime throws where the port is taken. */
export function startSim(options: SimOptions = {}): Sim {
  const host = options.host ?? '127.0.0.1';
  const required = options.requireKey;
  const simulator = new Simulator({
    gapMs: options.pace ? 1000 / options.pace : 0,
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
    keys:
      required === undefined ? null : new Set(typeof required === 'string' ? [required] : required),
    keep: options.keep ?? 1000,
    log: options.log ?? null,
  });
  const listener = listenHttp(host, options.port ?? 0, (request, responder) =>
    simulator.answer(request, responder),
  );
  const origin = `http://${host.includes(':') ? `[${host}]` : host}:${listener.port}`;
  return {
    url: `${origin}/v1`,
    port: listener.port,
    requests: simulator.log.requests,
    get received() {
      return simulator.log.received;
    },
    urlWith: (words) => `${origin}/+${words}/v1`,
    refusingUrl: () => `http://${host}:${closedPort(host)}/v1`,
    clear: () => simulator.clear(),
    async stop() {
      simulator.stop();
      listener.stop();
    },
  };
}

/** A port that was free a moment ago. */
function closedPort(host: string): number {
  const listener = listenHttp(host, 0, () => {});
  listener.stop();
  return listener.port;
}
