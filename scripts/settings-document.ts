/** `docs/settings.md`, from the declarations in `src/config`. */
import { groupsSettings } from "../src/config/broker-settings-groups.ts";
import { logSettings } from "../src/config/broker-settings-log.ts";
import { networkSettings } from "../src/config/broker-settings-network.ts";
import { operationsSettings } from "../src/config/broker-settings-operations.ts";
import { quorumSettings } from "../src/config/broker-settings-quorum.ts";
import { remoteSettings } from "../src/config/broker-settings-remote.ts";
import { replicationSettings } from "../src/config/broker-settings-replication.ts";
import { saslSettings } from "../src/config/broker-settings-sasl.ts";
import { shareGroupsSettings } from "../src/config/broker-settings-share-groups.ts";
import { streamsGroupsSettings } from "../src/config/broker-settings-streams-groups.ts";
import { tlsSettings } from "../src/config/broker-settings-tls.ts";
import { transactionsSettings } from "../src/config/broker-settings-transactions.ts";
import {
  clientMetricsSettings,
  clientQuotaSettings,
  ipQuotaSettings,
} from "../src/config/client-settings.ts";
import { groupSettings } from "../src/config/group-settings.ts";
import { valueInWords } from "../src/config/load-broker-config.ts";
import { type Setting } from "../src/config/setting.ts";
import { topicSettings } from "../src/config/topic-settings.ts";

const BROKER: readonly (readonly [string, readonly Setting[]])[] = [
  ["Node, quorum, metadata log", quorumSettings],
  ["Listeners and connections", networkSettings],
  ["Topics and logs", logSettings],
  ["Replication and fetching", replicationSettings],
  ["Groups and offsets", groupsSettings],
  ["Share groups", shareGroupsSettings],
  ["Streams groups", streamsGroupsSettings],
  ["Transactions and producer ids", transactionsSettings],
  ["TLS", tlsSettings],
  ["SASL, tokens, authorizer", saslSettings],
  ["Tiered storage", remoteSettings],
  ["Metrics, quotas, extension points", operationsSettings],
];

const OTHERS: readonly (readonly [string, readonly Setting[]])[] = [
  ["Topics", topicSettings],
  ["Groups", groupSettings],
  ["Client metrics subscriptions", clientMetricsSettings],
  ["Quotas of users and client ids", clientQuotaSettings],
  ["Quotas of addresses", ipQuotaSettings],
];

const INTRODUCTION = `# Settings

Made by \`npm run docs\` from the declarations in \`src/config\`; do not edit.

Names, types, defaults and bounds are those of Apache Kafka 4.4. A node takes them from a \`server.properties\`, from variables
(\`KAFKA_NUM_PARTITIONS=3\`: one underscore is a dot, two an underscore, three a dash) and from \`--set num.partitions=3\`; the later
wins. **Changes** says what it takes to change one: a *restart*, or a change in the running cluster, for each *broker* alone or for
the *cluster* as well. A value with **·** before its name is known and checked, and has no effect in Moldau yet.
`;

export function settingsDocument(): string {
  const parts = [INTRODUCTION];
  const sizes = [...BROKER, ...OTHERS].map(([title, list]) => `${title} ${list.length}`);
  parts.push(`${sizes.join(" · ")}\n`);
  parts.push("## Brokers and controllers\n");
  for (const [title, list] of BROKER) parts.push(section("###", title, list, true));
  for (const [title, list] of OTHERS) parts.push(section("##", title, list, false));
  return parts.join("\n");
}

function section(
  level: string,
  title: string,
  list: readonly Setting[],
  isBroker: boolean,
): string {
  const columns = isBroker ? ["Changes"] : ["Inherits from"];
  const heads = ["Setting", "Default", "Value", ...columns, ""];
  const rows = [...list]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((declared) => [
      `${declared.effective ? "" : "· "}\`${declared.name}\``,
      defaultOf(declared),
      `${declared.type.kind}; ${valueInWords(declared)}`,
      isBroker ? changesOf(declared) : inheritsOf(declared),
      declared.about,
    ]);
  const lines = [heads, heads.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `${level} ${title}\n\n${lines.join("\n")}\n`;
}

function defaultOf(declared: Setting): string {
  const { defaultText } = declared.type;
  if (defaultText === undefined) return "*must be set*";
  if (defaultText === null) return "*none*";
  return defaultText === "" ? "*empty*" : `\`${defaultText}\``;
}

function changesOf(declared: Setting): string {
  if (declared.dynamicOnly) return "cluster, only while running";
  return { "read-only": "restart", "per-broker": "broker", "cluster-wide": "cluster" }[
    declared.changes
  ];
}

function inheritsOf(declared: Setting): string {
  const names = declared.inherits.map(({ name, multiplyBy }) =>
    multiplyBy === 1 ? `\`${name}\`` : `\`${name}\` × ${multiplyBy}`,
  );
  return names.join(", ");
}
