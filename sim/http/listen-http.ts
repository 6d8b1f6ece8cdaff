// The HTTP listener: connections in, one request at a time to whoever answers.
import type { Socket } from 'bun';
import { type HttpRequest, RequestReader } from './read-requests.ts';
import { Responder } from './responder.ts';

export type Answerer = (request: HttpRequest, responder: Responder) => void;

export interface HttpListener {
  readonly port: number;
  /** Closes the port and every connection. */
  stop(): void;
}

class Connection {
  readonly #reader = new RequestReader();
  readonly #socket: Socket<Connection>;
  readonly #answer: Answerer;
  #responder: Responder | null = null;
  #pumping = false;

  constructor(socket: Socket<Connection>, answer: Answerer) {
    this.#socket = socket;
    this.#answer = answer;
  }

  data(bytes: Buffer): void {
    this.#reader.push(bytes);
    this.#pump();
  }

  drained(): void {
    this.#responder?.drained();
  }

  closed(): void {
    const responder = this.#responder;
    this.#responder = null;
    responder?.gone();
  }

  /** Requests are answered one after the other, however many came at once. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#responder === null) {
      const request = this.#reader.next();
      if (request === 'more') break;
      if (request === 'continue') {
        this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        break;
      }
      const responder = new Responder(this.#socket, request !== 'bad' && request.keepAlive);
      this.#responder = responder;
      responder.onEnd = (reusable) => {
        // A closing connection keeps its responder: nothing that still arrives on it is a request to answer.
        if (!reusable) return;
        this.#responder = null;
        this.#pump();
      };
      if (request === 'bad') responder.whole(400, 'connection: close\r\n', 'not HTTP/1.1');
      else this.#answer(request, responder);
    }
    this.#pumping = false;
  }
}

/** Listens on `host:port` (0: any free port). Throws what Bun throws where the port is taken. */
export function listenHttp(host: string, port: number, answer: Answerer): HttpListener {
  let stopping = false;
  const listener = Bun.listen<Connection>({
    hostname: host,
    port,
    socket: {
      open(socket) {
        socket.setNoDelay(true);
        socket.data = new Connection(socket, answer);
      },
      data(socket, bytes) {
        socket.data.data(bytes);
      },
      drain(socket) {
        socket.data.drained();
      },
      close(socket) {
        if (!stopping) socket.data.closed();
      },
      error() {},
    },
  });
  return {
    port: listener.port,
    stop() {
      stopping = true;
      listener.stop(true);
    },
  };
}
