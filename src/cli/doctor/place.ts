/** What kind of address a host is, which says for whom it means something. */
export type HostKind =
  /** `localhost`, `127.0.0.1`, `::1`: this machine, for everybody another one. */
  | "loopback"
  /** `0.0.0.0`, `::`: where to listen, no place to connect to. */
  | "any"
  /** A name that a container is given, such as `3f9c1a2b4d5e`. */
  | "container-id"
  /** A name of Kubernetes' own. */
  | "kubernetes"
  /** One word, such as `kafka`: known within a network of containers, or by a local resolver. */
  | "single-label"
  /** An address of a private network (RFC 1918, 4193, 6598). */
  | "private"
  /** Link-local: of this link alone. */
  | "link-local"
  | "other";

export function hostKind(host: string): HostKind {
  const name = host.toLowerCase().replace(/\.$/, "");
  if (/^(?:localhost|.*\.localhost|127(?:\.\d+){3}|::1|::ffff:127\..*)$/.test(name))
    return "loopback";
  if (name === "0.0.0.0" || name === "::" || name === "") return "any";
  if (/^(?:169\.254\.|fe80:)/.test(name)) return "link-local";
  if (
    /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][0-9a-f]{2}:)/.test(
      name,
    )
  ) {
    return "private";
  }
  if (/^[0-9a-f]{12}$/.test(name)) return "container-id";
  if (/\.svc(?:\.|$)|\.cluster\.local$|\.pod(?:\.|$)/.test(name)) return "kubernetes";
  if (/^[a-z0-9_-]+$/.test(name) && /[a-z]/.test(name)) return "single-label";
  return "other";
}

/** Whether everything that a name leads to is this machine. */
export function leadsHere(host: string, resolved: readonly string[]): boolean {
  if (resolved.length === 0) return hostKind(host) === "loopback";
  return resolved.every((address) => hostKind(address) === "loopback");
}
