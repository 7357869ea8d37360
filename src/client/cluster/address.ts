import { clientError } from "../errors.ts";

/** Where a broker is found. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 9092;

/** `host:port`, with brackets around an IPv6 address. */
export function addressText({ host, port }: BrokerAddress): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** `host:port`, `[::1]:port`, or a host alone for port 9092. Throws `INVALID_ADDRESS`. */
export function parseAddress(text: string): BrokerAddress {
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3] ?? DEFAULT_PORT);
  if (host === undefined || port < 1 || port > 65_535) {
    throw clientError("INVALID_ADDRESS", `"${text}" is no address of a broker`, {
      remedy: "Give it as host:port, several of them separated by commas.",
    });
  }
  return { host, port };
}
