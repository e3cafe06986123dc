// One network connection: bytes in, packets to the session, bytes out. It decides when to read and when to end, and knows
// nothing of topics. The stream below it may be TCP, and later TLS or a WebSocket.
import type { Duplex } from 'node:stream';
import { refuse } from '../../kernel/mod.ts';
import { acceptingConnack, refusingConnack } from './control-packets.ts';
import { identify, readGreeting, type Admitted } from './handshake.ts';
import { hold, type Hold, type Link } from './link.ts';
import type { Authenticate, MqttPrincipal } from './options.ts';
import { Session } from './session.ts';
import type { Shared } from './shared.ts';
import type { ConnectFault, ConnectRequest } from './wire/connect.ts';
import { faults, packetTooLarge, type Fault } from './wire/fault.ts';
import { Framer, FrameResult, type PacketSink } from './wire/framer.ts';

/** What a connection needs of its listener. */
export interface ConnectionHost {
  readonly authenticate: Authenticate;
  readonly newClientId: () => string;
  /** The connection has a session now; an older one of the same client is ended first [MQTT-3.1.4-2]. */
  entered(connection: Connection, clientId: string): void;
  /** The session of the connection is over. */
  left(connection: Connection, clientId: string): void;
  closed(connection: Connection): void;
  /** `flush` is to be called at the end of this turn of the event loop. */
  corked(connection: Connection): void;
}

type Phase = 'new' | 'authenticating' | 'open' | 'closing' | 'closed';

/** What a connection that is being closed may still send before it is cut. */
const DISCARDED_BYTES_MAX = 8_388_608;

export class Connection implements Link, PacketSink {
  readonly remoteAddress: string;
  readonly #shared: Shared;
  readonly #host: ConnectionHost;
  readonly #stream: Duplex;
  readonly #framer: Framer;
  #phase: Phase = 'new';
  #session: Session | undefined;
  /** Bits of `hold`. */
  #holds = 0;
  /** True while packets are handled: a hold that is let go then is noticed at the end. */
  #isBusy = false;
  #isCorked = false;
  #sawPacket = false;
  #fault: Fault | null = null;
  #keepAliveMillis = 0;
  #discardedBytes = 0;
  /** Of the clock's monotonic time: when the last packet came, or the phase began. */
  #lastSeenMillis: number;

  constructor(shared: Shared, host: ConnectionHost, stream: Duplex, remoteAddress: string) {
    this.#shared = shared;
    this.#host = host;
    this.#stream = stream;
    this.remoteAddress = remoteAddress;
    this.#framer = new Framer(shared.limits.connectBytesMax);
    this.#lastSeenMillis = shared.clock.monotonic();
  }

  open(): void {
    this.#stream.on('data', (chunk: Buffer) => this.#received(chunk));
    this.#stream.on('drain', () => this.#drained());
    // The error itself is told by `close`, which follows; a peer that resets its connection is nothing to report.
    this.#stream.on('error', () => undefined);
    this.#stream.on('close', () => this.#closed());
  }

  get principal(): MqttPrincipal | undefined {
    return this.#session?.principal;
  }

  get owesAcks(): boolean {
    return this.#phase === 'open' && this.#session?.owesAcks === true;
  }

  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  write(bytes: Buffer): void {
    if (this.#phase === 'closed' || this.#stream.writableEnded) return;
    this.#shared.counters.bytesSent += bytes.length;
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.#stream.cork();
      this.#host.corked(this);
    }
    this.#stream.write(bytes);
  }

  /** Lets go what was written in this turn. */
  flush(): void {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#stream.uncork();
  }

  hold(why: Hold): void {
    this.#holds |= why;
    if (!this.#isClosing) this.#stream.pause();
  }

  letGo(why: Hold): void {
    if ((this.#holds & why) === 0) return;
    this.#holds &= ~why;
    // Never from within: the caller may be the log, telling of a durable batch.
    if (this.#holds === 0 && !this.#isBusy) process.nextTick(advance, this);
  }

  /** Takes up reading again where it was held. */
  advance(): void {
    if (this.#isClosing || this.#isBusy || this.#holds !== 0) return;
    this.#lastSeenMillis = this.#shared.clock.monotonic();
    this.#handle(null);
  }

  /** One whole packet, from the framer. */
  packet(first: number, buffer: Buffer, start: number, end: number): boolean {
    this.#sawPacket = true;
    if (this.#session === undefined) {
      this.#connect(buffer, start, end);
      return false;
    }
    this.#fault = this.#session.packet(first, buffer, start, end);
    // Pressure lets the chunk that was read already come to its end.
    return this.#fault === null && (this.#holds & ~hold.pressed) === 0 && this.#phase === 'open';
  }

  close(fault: Fault): void {
    if (this.#isClosing) return;
    const session = this.#session;
    const isGoodbye = fault === faults.goodbye;
    if (!isGoodbye) this.#report(fault);
    if (session === undefined) {
      this.#abort();
      return;
    }
    session.settleAcks();
    const farewell = isGoodbye ? undefined : session.farewell(fault);
    this.#leave(fault !== faults.shuttingDown);
    if (farewell !== undefined) this.write(farewell);
    this.#linger();
  }

  /** Cuts the connection without a word. */
  abort(): void {
    this.#abort();
  }

  /** Looks at what may last only so long. */
  sweep(nowMillis: number): void {
    const { limits } = this.#shared;
    const silence = nowMillis - this.#lastSeenMillis;
    switch (this.#phase) {
      case 'new':
        if ((this.#holds & hold.pressed) === 0 && silence > limits.connectMillisMax) this.close(faults.connectTimeout);
        return;
      case 'authenticating':
        if (silence > limits.connectMillisMax) this.close(faults.connectTimeout);
        return;
      case 'open':
        // A client that is not read from cannot be heard; one that does not read is not excused.
        if (this.#keepAliveMillis === 0 || (this.#holds & ~hold.slowReader) !== 0) return;
        if (silence > this.#keepAliveMillis * 1.5) this.close(faults.keepAlive);
        return;
      case 'closing':
        if (silence > limits.lingerMillisMax) this.#abort();
        return;
      case 'closed':
    }
  }

  get #isClosing(): boolean {
    return this.#phase === 'closing' || this.#phase === 'closed';
  }

  #received(chunk: Buffer): void {
    this.#shared.counters.bytesReceived += chunk.length;
    if (this.#isClosing) {
      this.#discardedBytes += chunk.length;
      if (this.#discardedBytes > DISCARDED_BYTES_MAX) this.#abort();
      return;
    }
    this.#handle(chunk);
  }

  /** Handles a chunk, or with null what waited behind a hold, until nothing is left or a hold stands. */
  #handle(chunk: Buffer | null): void {
    this.#isBusy = true;
    this.#sawPacket = false;
    let result: FrameResult = FrameResult.done;
    if (chunk !== null) result = this.#framer.feed(chunk, this);
    else if (this.#framer.hasRest) result = this.#framer.resume(this);
    this.#settle();
    while (result === FrameResult.held && this.#fault === null && this.#canGoOn && this.#framer.hasRest) {
      result = this.#framer.resume(this);
      this.#settle();
    }
    this.#isBusy = false;
    if (this.#sawPacket) this.#lastSeenMillis = this.#shared.clock.monotonic();
    const fault = this.#fault ?? this.#faultOf(result);
    if (fault !== null) {
      this.close(fault);
      return;
    }
    if (this.#isClosing) return;
    // A client that asks and does not read the answers is not read from either.
    if (this.waitingBytes > this.#shared.limits.outgoingBytesMax) this.#holds |= hold.slowReader;
    if (this.#holds === 0) this.#stream.resume();
    else this.#stream.pause();
  }

  get #canGoOn(): boolean {
    return this.#phase === 'open' && (this.#holds & ~hold.pressed) === 0;
  }

  #settle(): void {
    if (this.#phase === 'open') this.#session?.settleAcks();
  }

  #faultOf(result: FrameResult): Fault | null {
    switch (result) {
      case FrameResult.done:
      case FrameResult.held:
        return null;
      case FrameResult.malformedHeader:
        return faults.fixedHeader;
      case FrameResult.malformedLength:
        return faults.remainingLength;
      case FrameResult.notConnect:
        return faults.notConnect;
      case FrameResult.tooLarge: {
        const fault = packetTooLarge(this.#framer.announcedBytes, this.#framer.bytesMax);
        const session = this.#session;
        if (session !== undefined) {
          this.#shared.admission.recordRefusal(session.principal, refuse('too-large', fault.text), null);
        }
        return fault;
      }
    }
  }

  #drained(): void {
    if (this.#isClosing) return;
    if ((this.#holds & hold.slowReader) !== 0) this.letGo(hold.slowReader);
    this.#session?.drained();
  }

  #connect(buffer: Buffer, start: number, end: number): void {
    const request = readGreeting(buffer, start, end, this.#shared.limits);
    if (request.kind === 'connect-fault') {
      this.#refuse(request);
      return;
    }
    this.#phase = 'authenticating';
    this.hold(hold.authenticating);
    void this.#identify(request, request.clientId === '' ? this.#host.newClientId() : request.clientId);
  }

  async #identify(request: ConnectRequest, clientId: string): Promise<void> {
    const { authenticate } = this.#host;
    const answer = await identify(authenticate, this.#shared, request, clientId, this.remoteAddress);
    if (this.#phase !== 'authenticating') return;
    if (answer.kind === 'connect-fault') this.#refuse(answer);
    else this.#admit(answer);
  }

  #admit({ request, clientId, principal }: Admitted): void {
    const { limits, counters } = this.#shared;
    this.#host.entered(this, clientId);
    counters.sessionsOpened++;
    this.#session = new Session(this.#shared, this, request, clientId, principal);
    this.#phase = 'open';
    // In MQTT 5 the server's own Keep Alive holds where it is shorter [MQTT-3.2.2-21].
    const keepAliveSecondsMax = request.version === 5 ? limits.keepAliveSecondsMax : Infinity;
    this.#keepAliveMillis = Math.min(request.keepAliveSeconds, keepAliveSecondsMax) * 1_000;
    this.#framer.connectOnly = false;
    this.#framer.bytesMax = limits.messageBytesMax;
    this.#framer.shortestLength = request.version === 5;
    this.write(acceptingConnack(request, clientId, limits));
    this.letGo(hold.authenticating);
  }

  #refuse({ version, code, name, text, packetBytesMax }: ConnectFault): void {
    if (version === 0) {
      this.#fault = { code, kind: name, text };
      return;
    }
    this.#shared.counters.connectsRefused++;
    this.#shared.log.warn(`connect-${name}`, { remoteAddress: this.remoteAddress, reason: text }, 'CONNECT refused');
    this.#phase = 'closing';
    this.write(refusingConnack(version, code, text, packetBytesMax));
    this.#linger();
  }

  #report(fault: Fault): void {
    if (fault === faults.shuttingDown) return;
    if (fault.isOurs !== true) this.#shared.counters.clientFaults++;
    const fields = { remoteAddress: this.remoteAddress, client: this.#session?.clientId, reason: fault.text };
    this.#shared.log.warn(fault.kind, fields, 'MQTT connection closed');
  }

  /** Ends the session, once. */
  #leave(withWill: boolean): void {
    const session = this.#session;
    this.#phase = 'closing';
    if (session === undefined) return;
    this.#host.left(this, session.clientId);
    session.end(withWill);
  }

  /**
   * Says that nothing more is sent, and reads on, to nowhere, until the peer has closed too: closing a socket with unread
   * bytes would send a reset, which can overtake the last packet and its reason.
   */
  #linger(): void {
    this.#framer.clear();
    this.#lastSeenMillis = this.#shared.clock.monotonic();
    this.flush();
    this.#stream.end();
    this.#stream.resume();
  }

  #abort(): void {
    if (this.#phase === 'closed') return;
    if (this.#phase !== 'closing') this.#leave(true);
    this.#framer.clear();
    this.#stream.destroy();
  }

  #closed(): void {
    if (this.#phase === 'closed') return;
    if (this.#phase !== 'closing') this.#leave(true);
    this.#phase = 'closed';
    this.#framer.clear();
    this.#host.closed(this);
  }
}

function advance(connection: Connection): void {
  connection.advance();
}
