import { NetworkError } from "../network.ts";

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE: "Stop the process that uses the port, or choose another port (0 takes a free one).",
  EACCES: "Choose a port above 1023.",
  EADDRNOTAVAIL: "Let listeners name an address of this machine, or none at all.",
};

/** Node's name of an error, such as `ECONNREFUSED`; empty where there is none. */
export function nodeCodeOf(thrown: unknown): string {
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

/** What Node threw, with its code. It may pass. */
export function networkError(message: string, thrown: unknown): NetworkError {
  const code = nodeCodeOf(thrown) || "NETWORK";
  const remedy = remedies[code];
  return new NetworkError(message, {
    code,
    cause: thrown,
    retriable: true,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
