// Who may come in: from the bytes of CONNECT to a principal, or to the CONNACK that says why not (3.1.4).
import { isRefusal, messageOf, refuse, type Refusal } from '../../kernel/mod.ts';
import type { Authenticate, MqttLimits, MqttPrincipal } from './options.ts';
import { connectReason, publishReason, reason, reasonText, returnCode } from './reason-codes.ts';
import type { Shared } from './shared.ts';
import { takesObservations } from './topics.ts';
import { readConnect, type ConnectFault, type ConnectRequest, type Will } from './wire/connect.ts';

/** Let in. */
export interface Admitted {
  readonly kind: 'admitted';
  readonly request: ConnectRequest;
  /** The client's own, or assigned. */
  readonly clientId: string;
  readonly principal: MqttPrincipal;
}

const CLIENT_ID_CHARACTERS_MAX = 1_024;

/** Reads CONNECT and checks what needs no one else. */
export function readGreeting(
  buffer: Buffer,
  start: number,
  end: number,
  limits: MqttLimits,
): ConnectRequest | ConnectFault {
  const request = readConnect(buffer, start, end, limits.userPropertiesMax);
  if (request.kind === 'connect-fault' || request.clientId.length <= CLIENT_ID_CHARACTERS_MAX) return request;
  const code = request.version === 5 ? reason.clientIdNotValid : returnCode.identifierRejected;
  return faultOf(request, code, 'client-id', `A client identifier may have ${CLIENT_ID_CHARACTERS_MAX} characters.`);
}

/** Asks who the client is, and whether its will can be kept. Never rejects. */
export async function identify(
  authenticate: Authenticate,
  shared: Shared,
  request: ConnectRequest,
  clientId: string,
  remoteAddress: string,
): Promise<Admitted | ConnectFault> {
  const { username, password, will, version } = request;
  let principal: MqttPrincipal | Refusal;
  try {
    principal = await authenticate({ clientId, username, password, remoteAddress });
  } catch (error) {
    shared.log.warn('authenticate-failed', { reason: messageOf(error) }, 'a client could not be checked');
    principal = refuse('internal', 'the credentials could not be checked');
  }
  if (isRefusal(principal)) {
    const codes = connectReason(principal.code);
    return faultOf(request, version === 5 ? codes.v5 : codes.v3, principal.code, reasonText(principal));
  }
  // 3.1.1 has no word against a will: there it is refused and recorded when it is due.
  const objection = will === undefined || version === 4 ? undefined : objectionTo(will, shared);
  if (objection !== undefined) return faultOf(request, objection.code, 'will', objection.text);
  return { kind: 'admitted', request, clientId, principal };
}

function objectionTo(will: Will, shared: Shared): { readonly code: number; readonly text: string } | undefined {
  if (takesObservations(will.topic)) return undefined;
  const refusal = shared.router.topicRefusal(will.topic);
  return refusal === undefined ? undefined : { code: publishReason[refusal.code], text: reasonText(refusal) };
}

function faultOf(request: ConnectRequest, code: number, name: string, text: string): ConnectFault {
  const { version, packetBytesMax } = request;
  return { kind: 'connect-fault', version, code, name, text, packetBytesMax };
}
