// The packets that are sent seldom, made by mqtt-packet.
import { generate } from 'mqtt-packet';
import type { MqttLimits } from './options.ts';
import { reason } from './reason-codes.ts';
import type { ConnectRequest } from './wire/connect.ts';
import type { Fault } from './wire/fault.ts';

export const pingresp: Buffer = Buffer.from([0xd0, 0]);

const five = { protocolVersion: 5 } as const;

/** CONNACK of an accepted CONNECT, with all that this server does not do (3.2.2.3). Never a session that was there before. */
export function acceptingConnack(request: ConnectRequest, clientId: string, limits: MqttLimits): Buffer {
  if (request.version === 4) return generate({ cmd: 'connack', returnCode: 0, sessionPresent: false });
  return generate(
    {
      cmd: 'connack',
      reasonCode: reason.success,
      sessionPresent: false,
      properties: {
        sessionExpiryInterval: 0,
        receiveMaximum: limits.receiveMaximum,
        retainAvailable: true,
        ...(request.keepAliveSeconds > limits.keepAliveSecondsMax
          ? { serverKeepAlive: limits.keepAliveSecondsMax }
          : {}),
        maximumPacketSize: limits.messageBytesMax,
        ...(request.clientId === '' ? { assignedClientIdentifier: clientId } : {}),
        topicAliasMaximum: limits.topicAliasMaximum,
        wildcardSubscriptionAvailable: true,
        subscriptionIdentifiersAvailable: true,
        sharedSubscriptionAvailable: true,
      },
    },
    five,
  );
}

/** CONNACK of a refused CONNECT. `code` is of the version's own list. */
export function refusingConnack(version: 4 | 5, code: number, text: string, packetBytesMax: number): Buffer {
  if (version === 4) return generate({ cmd: 'connack', returnCode: code, sessionPresent: false });
  const packet = { cmd: 'connack', reasonCode: code, sessionPresent: false } as const;
  return withinBound(generate({ ...packet, properties: { reasonString: text } }, five), packetBytesMax, () =>
    generate(packet, five),
  );
}

/** DISCONNECT of the server; MQTT 5 only (3.14). */
export function disconnect(fault: Fault, packetBytesMax: number): Buffer {
  const packet = { cmd: 'disconnect', reasonCode: fault.code } as const;
  return withinBound(generate({ ...packet, properties: { reasonString: fault.text } }, five), packetBytesMax, () =>
    generate(packet, five),
  );
}

/** SUBACK: one code a filter, in their order [MQTT-3.8.4-6]. `text`: Reason String. */
export function suback(
  version: 4 | 5,
  messageId: number,
  granted: number[],
  text: string,
  packetBytesMax: number,
): Buffer {
  // 3.1.1 knows one failure, 0x80 [MQTT-3.9.3-2].
  if (version === 4) {
    return generate({
      cmd: 'suback',
      messageId,
      granted: granted.map((code) => (code > 2 ? reason.unspecified : code)),
    });
  }
  const packet = { cmd: 'suback', messageId, granted } as const;
  if (text === '') return generate(packet, five);
  return withinBound(generate({ ...packet, properties: { reasonString: text } }, five), packetBytesMax, () =>
    generate(packet, five),
  );
}

/** UNSUBACK: one code a filter in MQTT 5 [MQTT-3.11.3-1], none in 3.1.1. */
export function unsuback(version: 4 | 5, messageId: number, granted: number[]): Buffer {
  return generate({ cmd: 'unsuback', messageId, granted }, { protocolVersion: version });
}

/** A Reason String is left out where it makes the packet longer than the client takes [MQTT-3.2.2-19]. */
function withinBound(full: Buffer, packetBytesMax: number, short: () => Buffer): Buffer {
  return full.length <= packetBytesMax ? full : short();
}
