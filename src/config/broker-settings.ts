/** Every setting of a broker and controller, gathered from the files by subject. */
import { groupsSettings } from "./broker-settings-groups.ts";
import { logSettings } from "./broker-settings-log.ts";
import { networkSettings } from "./broker-settings-network.ts";
import { operationsSettings } from "./broker-settings-operations.ts";
import { quorumSettings } from "./broker-settings-quorum.ts";
import { remoteSettings } from "./broker-settings-remote.ts";
import { replicationSettings } from "./broker-settings-replication.ts";
import { saslSettings } from "./broker-settings-sasl.ts";
import { shareGroupsSettings } from "./broker-settings-share-groups.ts";
import { streamsGroupsSettings } from "./broker-settings-streams-groups.ts";
import { tlsSettings } from "./broker-settings-tls.ts";
import { transactionsSettings } from "./broker-settings-transactions.ts";
import { byName, settings, type ValuesOf } from "./setting.ts";

export const brokerSettings = settings(
  ...groupsSettings,
  ...logSettings,
  ...networkSettings,
  ...operationsSettings,
  ...quorumSettings,
  ...remoteSettings,
  ...replicationSettings,
  ...saslSettings,
  ...shareGroupsSettings,
  ...streamsGroupsSettings,
  ...tlsSettings,
  ...transactionsSettings,
);

/** The value of every broker setting by its name. */
export type BrokerValues = ValuesOf<typeof brokerSettings>;
export type BrokerSettingName = keyof BrokerValues;

export const brokerSettingsByName = byName(brokerSettings);
