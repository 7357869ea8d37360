/** `moldau/testing`: a real broker in the process of a test, with faults by name and time that can be moved. */
export type { AnswerOptions, ApiName, ErrorName, Faults, Whom } from "./faults.ts";
export {
  testBroker,
  type TestBroker,
  type TestBrokerOptions,
  type TestClientOptions,
  type TestClock,
} from "./test-broker.ts";
export type { CreateOptions, TopicView } from "./topic-view.ts";
