/** Listeners, sockets and the limits of connections and requests. */
import { setting, settings } from "./setting.ts";
import { INT_MAX, choice, int32, int64, list, string } from "./value-type.ts";

export const networkSettings = settings(
  setting("advertised.listeners", list({ default: null, nonEmpty: true }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("connections.max.idle.ms", int64({ default: 600_000 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("early.start.listeners", list({ default: null }), { importance: "high", about: "" }),
  setting("inter.broker.listener.name", string({ default: null }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting(
    "listener.security.protocol.map",
    string({
      default: "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
    }),
    { changes: "per-broker", importance: "low", effective: true, about: "" },
  ),
  setting("listeners", list({ default: ["PLAINTEXT://:9092"], nonEmpty: true }), {
    changes: "per-broker",
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("max.connection.creation.rate", int32({ default: INT_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    about: "",
  }),
  setting("max.connections", int32({ default: INT_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("max.connections.per.ip", int32({ default: INT_MAX, min: 0 }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("max.connections.per.ip.overrides", string({ default: "" }), {
    changes: "cluster-wide",
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("max.request.partition.size.limit", int32({ default: 2000, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("num.io.threads", int32({ default: 8, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "",
  }),
  setting("num.network.threads", int32({ default: 3, min: 1 }), {
    changes: "cluster-wide",
    importance: "high",
    about: "",
  }),
  setting("queued.max.request.bytes", int64({ default: -1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("queued.max.requests", int32({ default: 500, min: 1 }), {
    importance: "high",
    about: "",
  }),
  setting("request.timeout.ms", int32({ default: 30_000 }), { importance: "high", about: "" }),
  setting(
    "security.inter.broker.protocol",
    choice(["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], { default: "PLAINTEXT" }),
    { importance: "medium", effective: true, about: "" },
  ),
  setting("socket.connection.setup.timeout.max.ms", int64({ default: 30_000 }), {
    importance: "medium",
    about: "",
  }),
  setting("socket.connection.setup.timeout.ms", int64({ default: 10_000 }), {
    importance: "medium",
    about: "",
  }),
  setting("socket.listen.backlog.size", int32({ default: 50, min: 1 }), {
    importance: "medium",
    effective: true,
    about: "",
  }),
  setting("socket.receive.buffer.bytes", int32({ default: 102_400 }), {
    importance: "high",
    about: "",
  }),
  setting("socket.request.max.bytes", int32({ default: 104_857_600, min: 1 }), {
    importance: "high",
    effective: true,
    about: "",
  }),
  setting("socket.send.buffer.bytes", int32({ default: 102_400 }), {
    importance: "high",
    about: "",
  }),
);
