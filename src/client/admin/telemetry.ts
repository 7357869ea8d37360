import { ZERO_UUID } from "../../core/uuid.ts";
import { ApiKey } from "../../protocol/apis.ts";
import {
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
} from "../../protocol/messages/get-telemetry-subscriptions.ts";
import { apiCall } from "../cluster/api-call.ts";
import type { CallOptions, Cluster } from "../cluster/cluster.ts";
import { throwOnError } from "../errors.ts";
import { askAny } from "./routes.ts";

const subscriptionsCall = apiCall(
  ApiKey.GET_TELEMETRY_SUBSCRIPTIONS,
  getTelemetrySubscriptionsRequest,
  getTelemetrySubscriptionsResponse,
);

/**
 * The id under which the metrics of this client are found at the brokers (KIP-714). A client that has
 * told none yet is given a new one. Throws `UNSUPPORTED_API` where no broker collects metrics.
 */
export async function clientInstanceId(
  cluster: Cluster,
  options: CallOptions = {},
): Promise<string> {
  if (cluster.clientInstanceId !== ZERO_UUID) return cluster.clientInstanceId;
  const deadline = cluster.deadline(options);
  const check = ({ errorCode }: { readonly errorCode: number }): void =>
    throwOnError(errorCode, { api: "GetTelemetrySubscriptions" });
  const body = { clientInstanceId: ZERO_UUID };
  const response = await askAny(cluster, subscriptionsCall, body, deadline, check);
  return response.clientInstanceId;
}
