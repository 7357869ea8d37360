/**
 * The package `moldau`: the client for any Kafka. The command line is `moldau`; the same names are in
 * `moldau/client`, the test kit is `moldau/testing`, the messages of the protocol are in `moldau/protocol`.
 */
export * from "./client/index.ts";
export { moldauVersion as version } from "./core/version.ts";
