import { Component, type ComponentChildren, type JSX } from "preact";
import { problemOf } from "../state/api.ts";
import { Page, ProblemNotice } from "./page.tsx";

/** Shows what is in it; where that fails, why, instead of nothing. */
export class Safe extends Component<
  { readonly children: ComponentChildren },
  { readonly failure?: unknown }
> {
  static override getDerivedStateFromError(failure: unknown): { failure: unknown } {
    return { failure };
  }

  override render(): JSX.Element {
    const { failure } = this.state;
    if (failure === undefined) return <>{this.props.children}</>;
    const remedy = "Go to another screen, or reload the page.";
    return (
      <Page title="This screen cannot be shown">
        <ProblemNotice problem={{ ...problemOf(failure), remedy }} />
      </Page>
    );
  }
}
