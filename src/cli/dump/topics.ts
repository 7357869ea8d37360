/** Topics that Kafka keeps for itself. */
export const METADATA_TOPIC = "__cluster_metadata";
export const GROUP_METADATA_TOPIC = "__consumer_offsets";
export const TRANSACTION_STATE_TOPIC = "__transaction_state";
export const SHARE_STATE_TOPIC = "__share_group_state";
