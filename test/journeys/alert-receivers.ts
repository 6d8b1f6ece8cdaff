// Who is told of alerts, in tests: receivers of webhooks and of mail that keep what they get, and misbehave when asked to.
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface Received {
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

export interface HttpReceiver {
  readonly url: string;
  readonly received: Received[];
  /** What the next requests are answered with, in their order; then 200. `hang`: not at all. */
  readonly next: (Response | 'hang')[];
  stop(): Promise<void>;
}

export function startHttpReceiver(): HttpReceiver {
  const received: Received[] = [];
  const next: (Response | 'hang')[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    idleTimeout: 60,
    async fetch(request) {
      const { pathname: path } = new URL(request.url);
      received.push({ path, headers: request.headers, body: await request.text() });
      const answer = next.shift() ?? new Response('ok');
      return answer === 'hang' ? new Promise<Response>(() => {}) : answer;
    },
  });
  return {
    url: server.url.origin,
    received,
    next,
    stop: () => server.stop(true),
  };
}

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly secure: boolean;
  readonly user: string | null;
}

export interface MailReceiver {
  readonly port: number;
  readonly mails: Mail[];
  /** With what the next recipients are refused: SMTP codes. */
  readonly refusals: number[];
  stop(): Promise<void>;
}

/** Without a certificate of its own it has the one that `smtp-server` brings for tests: nobody's. */
export async function startMailReceiver(options: SMTPServerOptions = {}): Promise<MailReceiver> {
  const mails: Mail[] = [];
  const refusals: number[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onAuth({ username = '', password }, _session, done) {
      if (password === 'mail-secret') done(null, { user: username });
      else done(new Error('wrong password'));
    },
    onRcptTo(_address, _session, done) {
      const responseCode = refusals.shift();
      if (responseCode === undefined) done();
      else done(Object.assign(new Error('not now'), { responseCode }));
    },
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (piece: Buffer) => {
        text += piece.toString();
      });
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text,
          secure: session.secure,
          user: typeof session.user === 'string' ? session.user : null,
        });
        done();
      });
    },
    ...options,
  });
  // A client that does not trust the certificate hangs up: that is what is tested.
  server.on('error', () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mails,
    refusals,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
