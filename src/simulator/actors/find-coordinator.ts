import { ErrorCode } from "../../protocol/error-code.ts";
import {
  findCoordinatorRequest,
  findCoordinatorResponse,
} from "../../protocol/messages/find-coordinator.ts";
import type { Scene } from "../scene.ts";
import { LOST, type ActorConnection } from "../actor-connection.ts";

const LIST_VERSION = 4;
const GROUP = 0;

/** Asks who coordinates a group, as every client does first; false while nobody does. */
export async function findCoordinator(
  scene: Scene,
  client: ActorConnection,
  group: string,
): Promise<boolean> {
  const version = client.versionOf(findCoordinatorRequest);
  const inList = version >= LIST_VERSION;
  const answer = await client.call(
    findCoordinatorRequest,
    findCoordinatorResponse,
    { key: inList ? "" : group, keyType: GROUP, coordinatorKeys: inList ? [group] : [] },
    { version },
  );
  if (answer === LOST) return false;
  const told = inList ? answer.coordinators[0] : answer;
  const errorCode = told?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  scene.checkers.errors.told("FindCoordinator", errorCode);
  return errorCode === ErrorCode.NONE;
}
