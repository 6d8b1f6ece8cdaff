// serveExchange: what every inference endpoint does around its answer: admit, write down exactly once, refuse in the caller's dialect.
import type { BodyCapture } from '../bodies/body-capture.ts';
import type { ChatDialect } from '../core/dialect.ts';
import { GatewayError, toGatewayError } from '../core/errors.ts';
import type { KeyRecord } from '../core/key.ts';
import { unknownMembers } from '../core/options.ts';
import type { Plan } from '../core/plan.ts';
import { causeOf } from '../gateway/cause-of.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { Inbound } from '../gateway/inbound.ts';
import { Recording } from '../gateway/recording.ts';
import { refusedRequest } from '../gateway/refused-request.ts';
import { Room } from '../gateway/room.ts';
import type { ExchangeScope } from '../gateway/scope.ts';
import type { JsonObject } from '../lib/json.ts';
import { authenticate } from '../limits/keys/authenticate.ts';
import { rateHeaders } from './rate-headers.ts';
import { errorReply } from './respond.ts';

export interface Endpoint {
  /** Whose form errors have. */
  readonly dialect: ChatDialect;
  /** The endpoint's name in the log. */
  readonly name: string;
}

/** `answer` replies to a caller who was let in; what it throws becomes the error reply. */
export async function serveExchange(
  { dialect, name }: Endpoint,
  request: Request,
  gateway: Gateway,
  answer: (admitted: Admitted, recording: Recording) => Promise<Response>,
): Promise<Response> {
  // One look at the clock for both: a row's time is that of its id.
  const at = Date.now();
  const id = Bun.randomUUIDv7('hex', at);
  const trace = gateway.telemetry.traceOf(request.headers, id);
  const room = new Room(() => gateway.limits.now());
  const recording = new Recording(
    { id, at, endpoint: name, dialect: dialect.id, trace },
    (exchange, error) => {
      room.settle(exchange);
      gateway.record(exchange);
      if (error?.code === 'internal')
        gateway.log('error', 'request failed', { id: exchange.id, cause: causeOf(error) });
    },
    gateway.attemptObserver,
  );
  let admitted: Admitted;
  try {
    admitted = admit(request, gateway, id, room);
  } catch (thrown) {
    // No row: whoever has no key could fill the log.
    const error = toGatewayError(thrown);
    gateway.refused(name, error);
    return errorReply(dialect, error, recording.metadata());
  }
  recording.caller(admitted.key.id);
  try {
    return await answer(admitted, recording);
  } catch (thrown) {
    const error = toGatewayError(thrown);
    // Whatever was begun for it ends with it.
    admitted.scope.abort.trigger(error);
    try {
      return refuse(dialect, error, recording, admitted);
    } finally {
      admitted.over();
    }
  }
}

/** A caller who was let in, until `over` is called. */
export interface Admitted {
  readonly key: KeyRecord;
  readonly scope: ExchangeScope;
  /** Null, as nearly always: nobody asks for its bodies to be kept. */
  readonly bodies: BodyCapture | null;
  /** What is held for it of its caller's limits. */
  readonly room: Room;
  readonly over: () => void;
}

function admit(request: Request, gateway: Gateway, id: string, room: Room): Admitted {
  const key = authenticate(request.headers, gateway.keys);
  const scope = gateway.admit(request.signal);
  const bodies = gateway.bodies.begin(id, key, request.headers);
  const over = () => {
    room.end();
    gateway.release(scope);
    bodies?.over();
  };
  return { key, scope, bodies, room, over };
}

/** What `read` reads; of what it refuses, the row tells at least who asked for what. */
export function noteRefused<Read>(
  recording: Recording,
  dialect: ChatDialect,
  headers: Headers,
  read: (seen: (body: JsonObject) => void) => Read,
): Read {
  let body: JsonObject | null = null;
  try {
    return read((parsed) => {
      body = parsed;
    });
  } catch (thrown) {
    recording.request(refusedRequest(dialect, body, headers));
    throw thrown;
  }
}

/** Options this version reads but cannot act on are named, or refused under `strict`; never swallowed. */
export function noteUnavailable(
  inbound: Pick<Inbound, 'options' | 'body'>,
  planned: Pick<Plan, 'routerId'>,
  recording: Recording,
): void {
  const { strict } = inbound.options;
  const losses: string[] = [];
  if (inbound.options.prompt_variables !== undefined && planned.routerId === null)
    losses.push(
      'prompt_variables: only a router’s message templates use them, and no router was asked',
    );
  for (const member of unknownMembers(inbound.body))
    losses.push(`${member}: this gateway has no such option, so it has no effect`);
  if (strict === true && losses.length > 0)
    throw new GatewayError(
      'unsupported_feature',
      `"strict" is set and this cannot be honoured: ${losses.join('; ')}`,
    );
  for (const loss of losses) recording.lose(loss);
}

function refuse(
  dialect: ChatDialect,
  error: GatewayError,
  recording: Recording,
  { bodies, room }: Pick<Admitted, 'bodies' | 'room'>,
): Response {
  const metadata = recording.metadata(error);
  const rates = rateHeaders(dialect.id, room);
  const reply = errorReply(dialect, error, metadata, bodies, rates);
  recording.finish(error.code === 'client_closed' ? 'aborted' : 'error', reply.status, error);
  return reply;
}
