const types = ["Classic", "Consumer", "Share", "Streams"] as const;
const states = [
  "PreparingRebalance",
  "CompletingRebalance",
  "Stable",
  "Dead",
  "Empty",
  "Assigning",
  "Reconciling",
  "NotReady",
] as const;

/** Which protocol the members of a group speak, in Kafka's words. */
export type GroupType = (typeof types)[number] | "Unknown";
/** How a group stands, in Kafka's words. */
export type GroupState = (typeof states)[number] | "Unknown";

/** Brokers that name no types know classic groups only. */
export function groupTypeOf(text: string): GroupType {
  if (text === "") return "Classic";
  // Kafka spells states and types differently from release to release.
  const lower = text.toLowerCase();
  return types.find((type) => type.toLowerCase() === lower) ?? "Unknown";
}

export function groupStateOf(text: string): GroupState {
  const lower = text.toLowerCase();
  return states.find((state) => state.toLowerCase() === lower) ?? "Unknown";
}
