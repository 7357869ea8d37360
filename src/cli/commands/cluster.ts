import { describeCluster } from "../../client/admin/brokers.ts";
import { listTopics } from "../../client/admin/describe-topics.ts";
import { describeFeatures, type FeatureDescription } from "../../client/admin/features.ts";
import { listGroups } from "../../client/admin/groups.ts";
import { replicaSizes } from "../../client/admin/log-dirs.ts";
import { apiOf } from "../../protocol/apis.ts";
import type { Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { ExitCode } from "../exit-code.ts";
import { activeController } from "../controller.ts";
import { bytesText, countText, printItems } from "../output.ts";
import { optionalAnswer } from "../problem.ts";
import { metadataVersionOfLevel } from "../../metadata/features.ts";
import type { ClusterItem } from "../shapes/cluster.ts";
import { renderTable, type Column } from "../table.ts";
import { paintFor, type Terminal } from "../terminal.ts";

/** The release that a level of metadata.version came with, such as `4.4-IV2`; null for one newer than this. */
function releaseOf(level: number): string | null {
  return metadataVersionOfLevel(level)?.version ?? null;
}

/** `moldau cluster describe`. */
export function runDescribe(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const describing = describeCluster(cluster);
    const [described, controllerId, topics, groups, sizes] = await Promise.all([
      describing,
      activeController(cluster, describing),
      listTopics(cluster, { includeInternal: true }),
      optionalAnswer(listGroups(cluster)),
      optionalAnswer(replicaSizes(cluster)),
    ]);
    const { clusterId, brokers, controllers, features } = described;
    const metadataVersion = features.find(({ name }) => name === "metadata.version")?.level ?? null;
    const item: ClusterItem = {
      clusterId,
      controllerId,
      brokers: brokers.map(({ id, host, port, rack }) => ({ id, host, port, rack })),
      controllers: controllers?.map(({ id }) => id) ?? null,
      version: metadataVersion === null ? null : releaseOf(metadataVersion),
      metadataVersion,
      topics: topics.filter(({ isInternal }) => !isInternal).length,
      partitions: topics.reduce((sum, { partitions }) => sum + partitions.length, 0),
      groups: groups?.length ?? null,
      sizeBytes: sizes?.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? null,
    };
    const listing = {
      items: [item],
      single: true,
      id: () => clusterId ?? "",
      empty: "",
      columns: factColumns,
    };
    await printItems(terminal, options, listing, (wide) => inWords(terminal, item, wide));
    return ExitCode.ok;
  });
}

const factColumns: readonly Column<ClusterItem>[] = [
  { title: "clusterId", of: ({ clusterId }) => clusterId },
  { title: "controllerId", of: ({ controllerId }) => controllerId },
  { title: "brokers", of: ({ brokers }) => brokers.length },
  { title: "version", of: ({ version }) => version },
  { title: "topics", of: ({ topics }) => topics },
  { title: "partitions", of: ({ partitions }) => partitions },
  { title: "groups", of: ({ groups }) => groups },
  { title: "sizeBytes", of: ({ sizeBytes }) => sizeBytes },
];

function inWords(terminal: Terminal, item: ClusterItem, wide: boolean): string {
  const { bold, dim } = paintFor(terminal, terminal.stdout);
  const { clusterId, controllerId, controllers, version, metadataVersion } = item;
  const facts = [
    countText(item.topics, "topic"),
    countText(item.partitions, "partition"),
    ...(item.groups === null ? [] : [countText(item.groups, "group")]),
    ...(item.sizeBytes === null ? [] : [bytesText(item.sizeBytes)]),
  ].join(", ");
  const level = version === null ? `level ${metadataVersion}` : `Kafka ${version}`;
  const table = renderTable(
    terminal,
    {
      items: item.brokers,
      columns: [
        { title: "broker", of: ({ id }) => id, right: true },
        { title: "address", of: ({ host, port }) => `${host}:${port}` },
        { title: "rack", of: ({ rack }) => rack },
        { title: "controller", of: ({ id }) => (id === controllerId ? "active" : "") },
      ],
    },
    wide,
  );
  const named = controllers?.map((id) => (id === controllerId ? `${id} (active)` : id));
  const quorum = named === undefined ? "" : dim(`controllers ${named.join(", ")}\n`);
  const metadata = metadataVersion === null ? "" : dim(`metadata of ${level}`);
  return `${bold(`cluster ${clusterId ?? "without an id"}`)}  ${facts}  ${metadata}\n${quorum}\n${table}`;
}

/** `moldau cluster features`. */
export function runFeatures(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const { features } = await describeFeatures(cluster);
    const items = features.map(({ name, level, minSupported, maxSupported }) => ({
      feature: name,
      level,
      minSupported,
      maxSupported,
    }));
    type Row = (typeof items)[number];
    const supported = ({ minSupported, maxSupported }: Row): string | null =>
      minSupported === null ? null : `${minSupported} to ${maxSupported}`;
    await printItems<Row>(terminal, options, {
      items,
      id: ({ feature }) => feature,
      empty: "The cluster has no features.",
      columns: [
        { title: "feature", of: ({ feature }) => feature },
        {
          title: "level",
          of: ({ level }) => level,
          text: ({ level }) => level ?? "off",
          right: true,
        },
        { title: "supported", of: () => null, text: supported, peopleOnly: true },
        { title: "release", of: () => null, text: featureRelease, peopleOnly: true },
        { title: "minSupported", of: ({ minSupported }) => minSupported, programsOnly: true },
        { title: "maxSupported", of: ({ maxSupported }) => maxSupported, programsOnly: true },
      ],
    });
    return ExitCode.ok;
  });
}

function featureRelease({
  feature,
  level,
}: {
  readonly feature: string;
  readonly level: FeatureDescription["level"];
}) {
  return feature === "metadata.version" && level !== null ? releaseOf(level) : "";
}

interface ApiRow {
  readonly brokerId: number;
  readonly apiKey: number;
  readonly api: string;
  readonly min: number;
  readonly max: number;
  readonly used: number | null;
}

/** `moldau cluster api-versions`. */
export function runApiVersions(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const only = options.integer("broker", { min: 0 });
  return withCluster(terminal, options, async (cluster) => {
    const ids = only === undefined ? [...cluster.brokers.keys()].sort((a, b) => a - b) : [only];
    const items: ApiRow[] = [];
    for (const brokerId of ids) {
      const connection = await cluster.connectionTo(brokerId, cluster.deadline());
      for (const [apiKey, [min, max]] of connection.versions) {
        const api = apiOf(apiKey);
        const used = api === undefined ? -1 : Math.min(max, api.maxStableVersion);
        const isUsable = api !== undefined && used >= Math.max(min, api.minVersion);
        items.push({
          brokerId,
          apiKey,
          api: api?.name ?? "UNKNOWN",
          min,
          max,
          used: isUsable ? used : null,
        });
      }
    }
    await printItems(terminal, options, {
      items,
      id: ({ api }) => api,
      empty: "",
      columns: [
        { title: "broker", field: "brokerId", of: ({ brokerId }) => brokerId, right: true },
        { title: "key", field: "apiKey", of: ({ apiKey }) => apiKey, right: true },
        { title: "api", of: ({ api }) => api },
        {
          title: "versions",
          of: () => null,
          text: ({ min, max }) => (min === max ? `${min}` : `${min} to ${max}`),
          peopleOnly: true,
        },
        { title: "min", of: ({ min }) => min, programsOnly: true },
        { title: "max", of: ({ max }) => max, programsOnly: true },
        { title: "used", of: ({ used }) => used, right: true },
      ],
    });
    return ExitCode.ok;
  });
}
