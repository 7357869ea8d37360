import { assert } from "../../core/assert.ts";
import { decodeMessage } from "../../protocol/codec.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { consumerProtocolSubscription } from "../../protocol/records/common/consumer-protocol-subscription.ts";

/** Protocol type of groups whose members are consumers. */
export const CONSUMER_PROTOCOL_TYPE = "consumer";

/** A way of assigning that a member knows, with what it tells the leader for it. */
export interface JoinProtocol {
  readonly name: string;
  readonly metadata: Buffer;
}

interface Voter {
  readonly protocols: readonly JoinProtocol[];
}

/** How many members know each protocol. */
export function candidateProtocols(members: Iterable<Voter>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const member of members) {
    for (const name of new Set(member.protocols.map((protocol) => protocol.name))) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return counts;
}

/** Whether one of the protocols is known to all members. */
export function supportsProtocols(
  counts: ReadonlyMap<string, number>,
  memberCount: number,
  protocols: readonly JoinProtocol[],
): boolean {
  return protocols.some((protocol) => (counts.get(protocol.name) ?? 0) === memberCount);
}

/**
 * Each member votes for the first of its protocols that everybody knows; most votes win, and of
 * equals the one that was voted for first.
 */
export function selectProtocol(members: readonly Voter[]): string {
  const counts = candidateProtocols(members);
  const votes = new Map<string, number>();
  for (const member of members) {
    const choice = member.protocols.find(({ name }) => counts.get(name) === members.length);
    assert(choice !== undefined, "members without a common protocol");
    votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
  }
  let selected: string | undefined;
  let most = 0;
  for (const [name, count] of votes) {
    if (count > most) {
      selected = name;
      most = count;
    }
  }
  assert(selected !== undefined, "a vote without voters");
  return selected;
}

/** Whether both lists name the same protocols, in the same order, with the same bytes. */
export function sameProtocols(a: readonly JoinProtocol[], b: readonly JoinProtocol[]): boolean {
  return (
    a.length === b.length &&
    a.every((protocol, i) => {
      const other = b[i]!;
      return protocol.name === other.name && protocol.metadata.equals(other.metadata);
    })
  );
}

/** What a member says for a protocol; empty when it does not know it. */
export function metadataFor(member: Voter, protocolName: string): Buffer {
  return member.protocols.find(({ name }) => name === protocolName)?.metadata ?? NO_METADATA;
}

const NO_METADATA = Buffer.alloc(0);

/**
 * Topics of all members' subscriptions, which are read as version 0: every later version begins with
 * it. `undefined` when one of them cannot be read.
 */
export function subscribedTopicsOf(
  members: readonly Voter[],
  protocolName: string | null,
): ReadonlySet<string> | undefined {
  const topics = new Set<string>();
  if (members.length === 0) return topics;
  if (protocolName === null) return undefined;
  for (const member of members) {
    const subscribed = subscriptionTopics(metadataFor(member, protocolName));
    if (subscribed === undefined) return undefined;
    for (const topic of subscribed) topics.add(topic);
  }
  return topics;
}

/** An int16 version stands before the subscription. */
const VERSION_BYTES = 2;

function subscriptionTopics(metadata: Buffer): readonly string[] | undefined {
  if (metadata.length < VERSION_BYTES || metadata.readInt16BE(0) < 0) return undefined;
  try {
    const body = metadata.subarray(VERSION_BYTES);
    return decodeMessage(consumerProtocolSubscription, 0, body, "ignore").topics;
  } catch (thrown) {
    if (thrown instanceof ProtocolError) return undefined;
    throw thrown;
  }
}
