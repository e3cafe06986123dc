/** What the listener counts since it was opened. Plain numbers, so that a reader needs no code of the listener. */
export type MqttCounters = {
  /** Open now. */
  connections: number;
  connectionsOpened: number;
  /** Sessions that a CONNECT was accepted for. */
  sessionsOpened: number;
  connectsRefused: number;
  takeovers: number;
  bytesReceived: number;
  bytesSent: number;
  publishReceived: number;
  acknowledgementsReceived: number;
  subscribeReceived: number;
  unsubscribeReceived: number;
  pingreqReceived: number;
  disconnectReceived: number;
  publishSent: number;
  /** PUBACK, PUBREC, PUBREL and PUBCOMP. */
  acknowledgementsSent: number;
  /** Publishes that admission or the listener refused, QoS 0 among them. */
  publishRefused: number;
  filtersRefused: number;
  /** Messages of other topics that were passed on. */
  relayed: number;
  /** Messages not delivered because the subscriber was slow: QoS 0 beyond its bytes, QoS 1 and 2 beyond its queue. */
  droppedSlow: number;
  /** Messages not delivered because they are longer than the client takes, or expired while they waited. */
  droppedUnfit: number;
  /** Connections closed for a fault of the client. */
  clientFaults: number;
};

export function newCounters(): MqttCounters {
  return {
    connections: 0,
    connectionsOpened: 0,
    sessionsOpened: 0,
    connectsRefused: 0,
    takeovers: 0,
    bytesReceived: 0,
    bytesSent: 0,
    publishReceived: 0,
    acknowledgementsReceived: 0,
    subscribeReceived: 0,
    unsubscribeReceived: 0,
    pingreqReceived: 0,
    disconnectReceived: 0,
    publishSent: 0,
    acknowledgementsSent: 0,
    publishRefused: 0,
    filtersRefused: 0,
    relayed: 0,
    droppedSlow: 0,
    droppedUnfit: 0,
    clientFaults: 0,
  };
}
