import { describeCluster, type BrokerDescription } from "../../client/admin/brokers.ts";
import { ConfigResourceType } from "../../client/admin/config-values.ts";
import { describeConfigs } from "../../client/admin/configs.ts";
import { listTopics, type TopicDescription } from "../../client/admin/describe-topics.ts";
import { describeLogDirs, type BrokerLogDirs } from "../../client/admin/log-dirs.ts";
import { valueOf } from "../../client/admin/outcome.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import type { Options } from "../command.ts";
import { sourceText } from "../config-words.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { activeController } from "../controller.ts";
import { ExitCode } from "../exit-code.ts";
import { bytesText, countText, freeText, printItems, type Listing } from "../output.ts";
import { notFound } from "../patterns.ts";
import { optionalAnswer, usageProblem } from "../problem.ts";
import type { BrokerDescriptionItem, BrokerRow } from "../shapes/cluster.ts";
import { renderTable } from "../table.ts";
import { paintFor, type Terminal } from "../terminal.ts";

interface Look {
  readonly controllerId: number | null;
  readonly brokers: readonly BrokerDescription[];
  readonly topics: readonly TopicDescription[];
  readonly logDirs: ReadonlyMap<number, BrokerLogDirs> | undefined;
}

async function lookAt(cluster: Cluster): Promise<Look> {
  const describing = describeCluster(cluster, { includeFencedBrokers: true });
  const [described, controllerId, topics, dirs] = await Promise.all([
    describing,
    activeController(cluster, describing),
    listTopics(cluster, { includeInternal: true }),
    optionalAnswer(describeLogDirs(cluster, null)),
  ]);
  const found = dirs?.flatMap(({ value }) => (value === undefined ? [] : [value]));
  return {
    controllerId,
    brokers: described.brokers,
    topics,
    logDirs: found === undefined ? undefined : new Map(found.map((one) => [one.brokerId, one])),
  };
}

function rowOf(broker: BrokerDescription, { controllerId, topics, logDirs }: Look): BrokerRow {
  const { id, host, port, rack, isFenced } = broker;
  const partitions = topics.flatMap((topic) => topic.partitions);
  const replicas = logDirs?.get(id)?.logDirs.flatMap((dir) => dir.replicas);
  return {
    id,
    host,
    port,
    rack,
    controller: id === controllerId,
    fenced: isFenced,
    leaders: partitions.filter(({ leader }) => leader === id).length,
    replicas: partitions.filter((partition) => partition.replicas.includes(id)).length,
    sizeBytes: replicas?.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? null,
  };
}

/** `moldau broker list`. */
export function runList(
  terminal: Terminal,
  _args: readonly string[],
  options: Options,
): Promise<ExitCode> {
  return withCluster(terminal, options, async (cluster) => {
    const look = await lookAt(cluster);
    await printItems(terminal, options, brokerListing(look.brokers.map((one) => rowOf(one, look))));
    return ExitCode.ok;
  });
}

function brokerListing(items: readonly BrokerRow[]): Listing<BrokerRow> {
  return {
    items,
    id: ({ id }) => String(id),
    empty: "There are no brokers.",
    columns: [
      { title: "broker", field: "id", of: ({ id }) => id, right: true },
      {
        title: "address",
        of: () => null,
        text: ({ host, port }) => `${host}:${port}`,
        peopleOnly: true,
      },
      { title: "host", of: ({ host }) => host, programsOnly: true },
      { title: "port", of: ({ port }) => port, programsOnly: true },
      { title: "rack", of: ({ rack }) => rack },
      {
        title: "controller",
        of: ({ controller }) => controller,
        text: ({ controller }) => (controller ? "active" : ""),
      },
      {
        title: "state",
        field: "fenced",
        of: ({ fenced }) => fenced,
        text: ({ fenced }) => (fenced ? "fenced" : "in service"),
        color: ({ fenced }) => (fenced ? "yellow" : "green"),
      },
      { title: "leads", field: "leaders", of: ({ leaders }) => leaders, right: true },
      { title: "replicas", of: ({ replicas }) => replicas, right: true },
      {
        title: "size",
        field: "sizeBytes",
        of: ({ sizeBytes }) => sizeBytes,
        text: ({ sizeBytes }) => (sizeBytes === null ? null : bytesText(sizeBytes)),
        right: true,
      },
    ],
  };
}

/** `moldau broker describe`. */
export function runDescribe(
  terminal: Terminal,
  [idText = ""]: readonly string[],
  options: Options,
): Promise<ExitCode> {
  if (!/^\d+$/.test(idText)) throw usageProblem(`a broker has a number, and "${idText}" is none`);
  const id = Number(idText);
  return withCluster(terminal, options, async (cluster) => {
    const look = await lookAt(cluster);
    const broker = look.brokers.find((one) => one.id === id);
    if (broker === undefined)
      throw notFound(
        "broker",
        idText,
        look.brokers.map((one) => String(one.id)),
      );
    const item = await describe(cluster, broker, look);
    const listing: Listing<BrokerDescriptionItem> = {
      ...brokerListing([]),
      items: [item],
      single: true,
      id: () => idText,
    };
    await printItems(terminal, options, listing, (wide) => inWords(terminal, item, wide));
    return ExitCode.ok;
  });
}

async function describe(
  cluster: Cluster,
  broker: BrokerDescription,
  look: Look,
): Promise<BrokerDescriptionItem> {
  const resource = { type: ConfigResourceType.broker, name: String(broker.id) };
  const [configs] = broker.isFenced ? [] : await describeConfigs(cluster, [resource]);
  const entries = configs === undefined ? [] : valueOf(configs);
  const logDirs = look.logDirs?.get(broker.id)?.logDirs ?? [];
  return {
    ...rowOf(broker, look),
    directories: logDirs.map(({ path, replicas, totalBytes, usableBytes, error }) => ({
      path,
      replicas: replicas.length,
      sizeBytes: replicas.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      totalBytes,
      usableBytes,
      error: error?.message ?? null,
    })),
    configs: entries
      .filter(({ isDefault }) => !isDefault)
      .map(({ name, value, source }) => ({ setting: name, value, source: sourceText(source) }))
      .sort((a, b) => (a.setting < b.setting ? -1 : 1)),
  };
}

function inWords(terminal: Terminal, item: BrokerDescriptionItem, wide: boolean): string {
  const { bold, dim, yellow } = paintFor(terminal, terminal.stdout);
  const { id, host, port, rack, controller, fenced, leaders, replicas, directories, configs } =
    item;
  const facts = [
    `leads ${countText(leaders, "partition")}`,
    `keeps ${countText(replicas, "replica")}`,
    ...(rack === null ? [] : [`rack ${rack}`]),
    ...(controller ? ["active controller"] : []),
  ].join(", ");
  const directoryTable = renderTable(
    terminal,
    {
      items: directories,
      columns: [
        { title: "directory", of: ({ path }) => path },
        { title: "replicas", of: (dir) => dir.replicas, right: true },
        { title: "size", of: ({ sizeBytes }) => bytesText(sizeBytes), right: true },
        { title: "free", of: (dir) => freeText(dir), right: true },
        { title: "state", of: ({ error }) => error ?? "online" },
      ],
    },
    wide,
  );
  const configTable = renderTable(
    terminal,
    {
      items: configs,
      columns: [
        { title: "setting", of: ({ setting }) => setting },
        { title: "value", of: ({ value }) => value, shrinks: true },
        { title: "set by", of: ({ source }) => source },
      ],
    },
    wide,
  );
  const withoutConfigs = fenced
    ? "It does not answer: its settings and directories are not known."
    : "All settings have their defaults.";
  return [
    `${bold(`broker ${id}`)}  ${host}:${port}  ${fenced ? yellow("fenced") : facts}\n`,
    directories.length === 0 ? "" : `\n${directoryTable}`,
    configs.length === 0 ? dim(`\n${withoutConfigs}\n`) : `\n${configTable}`,
  ].join("");
}
