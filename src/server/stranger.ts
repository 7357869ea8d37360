const TLS_HANDSHAKE = 0x16;
const TLS_MAJOR_VERSION = 0x03;
const HTTP_METHODS = ["GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE", "PATC", "CONN", "PRI "];

/** What a peer speaks that does not speak our protocol, by its first bytes; `undefined` when nobody can tell. */
export function describeStranger(start: Uint8Array): string | undefined {
  if (start[0] === TLS_HANDSHAKE && start[1] === TLS_MAJOR_VERSION) {
    return "the peer speaks TLS, this listener is PLAINTEXT: set security.protocol=PLAINTEXT in the client";
  }
  if (HTTP_METHODS.includes(String.fromCharCode(...start.subarray(0, 4)))) {
    return "the peer speaks HTTP, this port speaks the Kafka protocol";
  }
  return undefined;
}
