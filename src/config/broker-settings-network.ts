/** Listeners, sockets and the limits of connections and requests. */
import { connectionOverrides } from "./rules.ts";
import { setting, settings } from "./setting.ts";
import { INT_MAX, choice, int32, int64, list, string } from "./value-type.ts";

export const networkSettings = settings(
  setting("advertised.listeners", list({ default: null, nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "Addresses that clients are told to connect to; without them the listeners themselves.",
  }),
  setting("connections.max.idle.ms", int64({ default: 600_000 }), {
    importance: "medium",
    effective: true,
    about: "Silence after which a connection is closed.",
  }),
  setting("early.start.listeners", list({ default: null }), {
    importance: "high",
    about: "Listeners that accept connections before the authorizer is ready.",
  }),
  setting("inter.broker.listener.name", string({ default: null }), {
    importance: "medium",
    effective: true,
    about: "Listener over which brokers talk to each other.",
  }),
  setting(
    "listener.security.protocol.map",
    string({
      default: "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
    }),
    {
      changes: "per-broker",
      importance: "low",
      effective: true,
      about: "Which security protocol each listener name stands for.",
    },
  ),
  setting("listeners", list({ default: ["PLAINTEXT://:9092"], nonEmpty: true }), {
    changes: "per-broker",
    importance: "high",
    effective: true,
    about: "Addresses on which this node accepts connections, each NAME://host:port.",
  }),
  setting("max.connection.creation.rate", int32({ default: INT_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "New connections per second that this node accepts.",
  }),
  setting("max.connections", int32({ default: INT_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Connections that this node keeps open at a time.",
  }),
  setting("max.connections.per.ip", int32({ default: INT_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Connections that one address may have open at a time.",
  }),
  setting("max.connections.per.ip.overrides", string({ default: "", rule: connectionOverrides }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "Other limits for certain addresses, as address:count.",
  }),
  setting("max.request.partition.size.limit", int32({ default: 2000, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "Most partitions that one DescribeTopicPartitions answer lists.",
  }),
  setting("num.io.threads", int32({ default: 8, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "Threads that handle requests; Moldau runs them on one event loop.",
  }),
  setting("num.network.threads", int32({ default: 3, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "Threads that serve sockets; Moldau runs them on one event loop.",
  }),
  setting("queued.max.request.bytes", int64({ default: -1 }), {
    importance: "medium",
    effective: true,
    about: "Bytes of requests being worked on before reading pauses; -1 sets no limit.",
  }),
  setting("queued.max.requests", int32({ default: 500, min: 1 }), {
    importance: "high",
    about: "Requests that may wait to be worked on.",
  }),
  setting("request.timeout.ms", int32({ default: 30_000 }), {
    importance: "high",
    about: "How long this node waits for the answer of another.",
  }),
  setting(
    "security.inter.broker.protocol",
    choice(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], { default: "PLAINTEXT" }),
    {
      importance: "medium",
      effective: true,
      about: "Security protocol between brokers, where no listener name is given.",
    },
  ),
  setting("socket.connection.setup.timeout.max.ms", int64({ default: 30_000 }), {
    importance: "medium",
    about: "Longest time that setting up a connection to another node may take after failures.",
  }),
  setting("socket.connection.setup.timeout.ms", int64({ default: 10_000 }), {
    importance: "medium",
    about: "Time that setting up a connection to another node may take at first.",
  }),
  setting("socket.listen.backlog.size", int32({ default: 50, min: 1 }), {
    importance: "medium",

    about: "Connections that may wait to be accepted.",
  }),
  setting("socket.receive.buffer.bytes", int32({ default: 102_400 }), {
    importance: "high",
    about: "Receive buffer of a socket; -1 leaves it to the system.",
  }),
  setting("socket.request.max.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    effective: true,
    about: "Largest request in bytes; a larger one closes its connection.",
  }),
  setting("socket.send.buffer.bytes", int32({ default: 102_400 }), {
    importance: "high",
    about: "Send buffer of a socket; -1 leaves it to the system.",
  }),
);
