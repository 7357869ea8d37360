/** What the supervisor and the services say to each other: the control of the show, not the business. */

/** What somebody can do from the page. */
export type Action =
  | { readonly kind: "stop-payments" }
  | { readonly kind: "start-payments" }
  | { readonly kind: "add-payments" }
  | { readonly kind: "remove-payments" }
  | { readonly kind: "slow-gateway"; readonly isOn: boolean }
  | { readonly kind: "black-friday"; readonly isOn: boolean }
  | { readonly kind: "traffic"; readonly perSecond: number }
  | { readonly kind: "replay" }
  | { readonly kind: "kill-broker" };

/** From the supervisor to services. */
export type ToService =
  | { readonly kind: "gateway"; readonly delayMs: number }
  | { readonly kind: "traffic"; readonly perSecond: number }
  | { readonly kind: "stage"; readonly stage: Stage };

/** From services to the supervisor. */
export type FromService =
  | { readonly kind: "ready"; readonly address?: string }
  | { readonly kind: "action"; readonly action: Action };

/** What runs at the moment. */
export interface Stage {
  readonly services: readonly { readonly name: string; readonly pid: number }[];
  readonly payments: number;
  readonly isGatewaySlow: boolean;
  readonly isBlackFriday: boolean;
  readonly perSecond: number;
  readonly broker: "up" | "down" | "elsewhere";
  readonly replays: number;
  /** Address of the broker's console, where it has one. */
  readonly console?: string;
}
