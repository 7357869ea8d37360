/** The node, its roles, the quorum of controllers and the metadata log. */
import { bootstrapServers, quorumVoters } from "./rules.ts";
import { setting, settings } from "./setting.ts";
import { LONG_MAX, boolean, int32, int64, list, string } from "./value-type.ts";

export const quorumSettings = settings(
  setting("broker.heartbeat.interval.ms", int32({ default: 2000 }), {
    importance: "medium",

    about: "How often a broker reports to the controller.",
  }),
  setting("broker.id", int32({ default: -1 }), {
    importance: "high",
    effective: true,
    about: "Older name of node.id.",
  }),
  setting("broker.rack", string({ default: null }), {
    importance: "medium",
    effective: true,
    about: "Where this broker stands; replicas are spread over racks.",
  }),
  setting("broker.session.timeout.ms", int32({ default: 9000 }), {
    importance: "medium",

    about: "Silence after which the controller fences a broker.",
  }),
  setting("controlled.shutdown.enable", boolean({ default: true }), {
    importance: "medium",

    about: "Hands leadership over before stopping.",
  }),
  setting("controller.listener.names", list({ nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "Listeners of the controllers; the first one is used to reach them.",
  }),
  setting("controller.performance.always.log.threshold.ms", int64({ default: 2000, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "Controller events slower than this are logged.",
  }),
  setting("controller.performance.sample.period.ms", int64({ default: 60_000, min: 100 }), {
    importance: "medium",
    internal: true,
    about: "How often the time of controller events is summed up.",
  }),
  setting("controller.quorum.append.linger.ms", int32({ default: 25, min: 0 }), {
    importance: "medium",

    about: "How long writes of the metadata log wait for company before they are flushed.",
  }),
  setting("controller.quorum.auto.join.enable", boolean({ default: false }), {
    importance: "low",
    about: "Lets a controller that is not a voter add itself to the quorum.",
  }),
  setting("controller.quorum.bootstrap.servers", list({ default: [], rule: bootstrapServers }), {
    importance: "high",
    effective: true,
    about: "Controllers to ask for the quorum, each host:port.",
  }),
  setting("controller.quorum.election.backoff.max.ms", int32({ default: 1000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "Longest random pause before another attempt at an election.",
  }),
  setting("controller.quorum.election.timeout.ms", int32({ default: 1000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "How long a candidate waits for votes.",
  }),
  setting("controller.quorum.fetch.max.bytes", int32({ default: 1_048_576, min: 1 }), {
    importance: "low",
    about: "Bytes of the metadata log fetched at a time.",
  }),
  setting("controller.quorum.fetch.snapshot.max.bytes", int32({ default: 1_048_576, min: 1 }), {
    importance: "low",
    about: "Bytes of a metadata snapshot fetched at a time.",
  }),
  setting("controller.quorum.fetch.timeout.ms", int32({ default: 2000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "How long a voter goes without hearing from the leader before it stands for election.",
  }),
  setting("controller.quorum.request.timeout.ms", int32({ default: 2000, min: 0 }), {
    importance: "medium",
    about: "How long a request to another controller may take.",
  }),
  setting("controller.quorum.retry.backoff.ms", int32({ default: 20, min: 0 }), {
    importance: "low",
    effective: true,
    about: "Pause before a failed request to a controller is repeated.",
  }),
  setting("controller.quorum.voters", list({ default: [], rule: quorumVoters }), {
    importance: "high",
    effective: true,
    about: "The fixed voters of the quorum, each id@host:port; empty when the quorum can change.",
  }),
  setting("controller.quota.window.num", int32({ default: 11, min: 1 }), {
    importance: "low",
    about: "Windows over which the rate of changes to topics is averaged.",
  }),
  setting("controller.quota.window.size.seconds", int32({ default: 1, min: 1 }), {
    importance: "low",
    about: "Length of such a window of the change rate.",
  }),
  setting("controller.socket.timeout.ms", int32({ default: 30_000 }), {
    importance: "medium",
    about: "How long a connection to the controller may be silent.",
  }),
  setting("initial.broker.registration.timeout.ms", int32({ default: 60_000 }), {
    importance: "medium",

    about: "How long a starting broker tries to register before it gives up.",
  }),
  setting("internal.metadata.delete.delay.millis", int64({ default: 60_000 }), {
    importance: "low",
    internal: true,

    about: "How long files of the metadata log wait before they are unlinked.",
  }),
  setting("internal.metadata.log.segment.bytes", int32({ default: null }), {
    importance: "low",
    internal: true,

    about: "Segment size of the metadata log, for tests.",
  }),
  setting("internal.metadata.max.batch.size.in.bytes", int32({ default: 8_388_608 }), {
    importance: "low",
    internal: true,

    about: "Largest batch of the metadata log.",
  }),
  setting("metadata.log.dir", string({ default: null }), {
    importance: "high",
    effective: true,
    about: "Directory of the metadata log; without it the first log directory.",
  }),
  setting(
    "metadata.log.max.record.bytes.between.snapshots",
    int64({ default: 20_971_520, min: 1 }),
    {
      importance: "high",
      effective: true,
      about: "Bytes of new metadata after which a snapshot is written.",
    },
  ),
  setting("metadata.log.max.snapshot.interval.ms", int64({ default: 3_600_000, min: 0 }), {
    importance: "high",
    effective: true,
    about: "Time after which a metadata snapshot is written; 0 goes by size alone.",
  }),
  setting("metadata.log.segment.bytes", int32({ default: 1_073_741_824, min: 8_388_608 }), {
    importance: "high",
    effective: true,
    about: "Segment size of the metadata log.",
  }),
  setting("metadata.log.segment.ms", int64({ default: 604_800_000 }), {
    importance: "high",
    effective: true,
    about: "Age at which a segment of the metadata log is closed.",
  }),
  setting("metadata.max.idle.interval.ms", int32({ default: 500, min: 0 }), {
    importance: "low",
    effective: true,
    about: "How often the active controller writes an empty record while nothing happens; 0 never.",
  }),
  setting("metadata.max.retention.bytes", int64({ default: 104_857_600 }), {
    importance: "high",
    effective: true,
    about: "Size of the metadata log and its snapshots beyond which the oldest goes.",
  }),
  setting("metadata.max.retention.ms", int64({ default: 604_800_000 }), {
    importance: "high",
    effective: true,
    about: "Age beyond which old metadata goes.",
  }),
  setting("node.id", int32({ min: 0 }), {
    importance: "high",
    effective: true,
    about: "Number of this node, unique in its cluster.",
  }),
  setting("process.roles", list({ oneOf: ["broker", "controller"], nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "What this node is: broker, controller, or both.",
  }),
  setting("server.max.startup.time.ms", int64({ default: LONG_MAX, min: 0 }), {
    importance: "medium",
    internal: true,
    about: "How long starting may take before the node gives up.",
  }),
  setting("unstable.api.versions.enable", boolean({ default: false }), {
    importance: "high",
    internal: true,
    about: "Offers versions of requests that are still being worked on.",
  }),
  setting("unstable.feature.versions.enable", boolean({ default: false }), {
    importance: "high",
    internal: true,
    about: "Accepts feature levels that are still being worked on.",
  }),
);
