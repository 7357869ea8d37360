import type { Broker, BrokerOptions, Product } from "./broker.ts";
import type { Report } from "./report.ts";

/** What a part is given. */
export interface Context {
  readonly product: Product;
  readonly broker: Broker;
  readonly report: Report;
  /** A folder of this part's own, removed after it. */
  readonly scratch: string;
  /** Starts another broker: the one under test, or Apache Kafka by name. */
  start(product: Product, options: BrokerOptions): Promise<Broker>;
}

/** A group of tests with one client or one subject. */
export interface Part {
  readonly name: string;
  readonly about: string;
  run(context: Context): Promise<void>;
}
