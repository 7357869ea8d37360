/** Topics that coordinators keep their state in; clients may read but not write them. */
export const GROUP_METADATA_TOPIC = "__consumer_offsets";
export const TRANSACTION_STATE_TOPIC = "__transaction_state";
export const SHARE_GROUP_STATE_TOPIC = "__share_group_state";

/** The client id that may write to internal topics all the same. */
export const ADMIN_CLIENT_ID = "__admin_client";

export function isInternalTopic(topic: string): boolean {
  return (
    topic === GROUP_METADATA_TOPIC ||
    topic === TRANSACTION_STATE_TOPIC ||
    topic === SHARE_GROUP_STATE_TOPIC
  );
}
