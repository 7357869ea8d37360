import { Readable } from "node:stream";
import { describeUserScramCredentials } from "../../client/admin/scram-users.ts";
import { listTopics } from "../../client/admin/describe-topics.ts";
import { listGroups } from "../../client/admin/groups.ts";
import { listTransactions } from "../../client/admin/transactions.ts";
import type { Cluster } from "../../client/cluster/cluster.ts";
import { MoldauError } from "../../core/errors.ts";
import type { Completes, Options } from "../command.ts";
import { withCluster } from "../connection/with-cluster.ts";
import { Problem } from "../problem.ts";
import { ProfileStore } from "../profiles/store.ts";
import type { Terminal } from "../terminal.ts";

/** What a shell may put in place of the word that is being typed. */
export interface Candidate {
  readonly word: string;
  readonly about: string;
}

/** Who presses the tab key does not wait for long. */
const TIMEOUT = "1500ms";

type Named = Extract<Completes, string>;

/** The names of things that there are. A cluster that does not answer has none, and nothing is said. */
export async function valuesOf(
  terminal: Terminal,
  options: Options,
  completes: Named,
): Promise<Candidate[]> {
  if (completes === "profiles") {
    return new ProfileStore(terminal).names().map((word) => ({ word, about: "" }));
  }
  if (completes === "topic-configs") {
    const { topicSettings } = await import("../../config/topic-settings.ts");
    return [...topicSettings.values()].map(({ name, about }) => ({ word: name, about }));
  }
  const ask = questions[completes];
  if (ask === undefined) return [];
  // Nobody is asked for a password in the middle of typing.
  const quiet = { ...terminal, stdin: Readable.from([]) };
  try {
    return await withCluster(quiet, withTimeout(options), ask);
  } catch (thrown) {
    if (thrown instanceof MoldauError || thrown instanceof Problem) return [];
    throw thrown;
  }
}

function withTimeout(options: Options): Options {
  return options.with("timeout", TIMEOUT);
}

const questions: Readonly<Partial<Record<Named, (cluster: Cluster) => Promise<Candidate[]>>>> = {
  async topics(cluster) {
    const topics = await listTopics(cluster, { includeInternal: false });
    return topics.map(({ name, partitions }) => ({
      word: name,
      about: `${partitions.length} partitions`,
    }));
  },
  async groups(cluster) {
    const groups = await listGroups(cluster);
    return groups.map(({ group, state }) => ({ word: group, about: state }));
  },
  async transactions(cluster) {
    const listed = await listTransactions(cluster);
    return listed.map(({ transactionalId, state }) => ({ word: transactionalId, about: state }));
  },
  async users(cluster) {
    const users = await describeUserScramCredentials(cluster, null);
    return users.map(({ name }) => ({ word: name, about: "" }));
  },
  brokers: (cluster) =>
    Promise.resolve(
      [...cluster.brokers.values()].map(({ nodeId, host, port }) => ({
        word: String(nodeId),
        about: `${host}:${port}`,
      })),
    ),
};
