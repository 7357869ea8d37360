const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR_VERSION = 0x03;
const HTTP_METHODS = ["GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE", "PATC", "CONN", "PRI "];

/** What a peer seems to speak whose first bytes are no length that a Kafka client sends. */
export function describeStranger(start: Uint8Array): string {
  if (start[0] === TLS_HANDSHAKE && start[1] === TLS_MAJOR_VERSION) {
    return "the peer speaks TLS, this listener is PLAINTEXT: set security.protocol=PLAINTEXT in the client";
  }
  const text = String.fromCharCode(...start.subarray(0, 4));
  if (HTTP_METHODS.includes(text)) {
    return "the peer speaks HTTP, this port speaks the Kafka protocol";
  }
  return "the peer does not speak the Kafka protocol";
}
