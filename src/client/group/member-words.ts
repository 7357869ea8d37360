import { ErrorCode } from "../../protocol/error-code.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { brokerError, clientError, type KafkaError } from "../errors.ts";
import type { MembershipOptions } from "./membership.ts";

/** Who asks something of a member that has left. */
export function leftError(group: string): KafkaError {
  return clientError("CLOSED", `group ${group}: the member has left`);
}

/** Why a member is not in its group now. */
export function absenceError(group: string, isStalled: boolean): KafkaError {
  return isStalled
    ? clientError("MAX_POLL_EXCEEDED", `group ${group}: the consumer made no progress`, {
        context: { group },
      })
    : brokerError(ErrorCode.UNKNOWN_MEMBER_ID, { group });
}

/** A member left because nobody took its records. */
export function warnOfStall(
  { logger }: Cluster,
  { group, maxPollIntervalMs }: MembershipOptions,
): void {
  logger.warn("a member left its group because the consumer made no progress", {
    group,
    maxPollIntervalMs,
    remedy: "Process fewer records at a time, or give it longer (maxPollIntervalMs).",
  });
}
